package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.system.MachineFigures;
import dev.whippet.broker.internal.system.MachineFigures.Figures;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** ping, get_stats, get_cluster_metadata (iggy-classic.md 3.4.1, 3.4.2). */
final class SystemCommands {

  /**
   * The Iggy generation this broker speaks, as text and number: it is what stock clients look at
   * the server's version for. Whippet's own version is in the start-up line.
   */
  static final String IGGY_VERSION = "0.8.0";

  static final int IGGY_SEMVER = 8000;

  /**
   * The machine and the node.
   *
   * @param figures what the machine does
   * @param aside where figures are read: files of /proc and the disk's size may block
   * @param cluster the one node as it listens now
   */
  record Machine(MachineFigures figures, Executor aside, Supplier<Reply.Cluster> cluster) {}

  private final Services services;
  private final SessionCommands sessions;
  private final Machine machine;

  SystemCommands(Services services, SessionCommands sessions, Machine machine) {
    this.services = services;
    this.sessions = sessions;
    this.machine = machine;
  }

  void register(Commands table) {
    table.onBeforeLogin(Request.Ping.class, Exchange::done);
    table.on(Request.GetStats.class, this::getStats);
    table.on(Request.GetClusterMetadata.class, x -> x.reply(machine.cluster().get()));
  }

  private void getStats(Exchange<Request.GetStats> x) {
    services.access().require(x.session, Right.SERVER);
    machine.aside().execute(() -> x.reply(stats()));
  }

  private Reply.Stats stats() {
    CatalogState state = services.catalog().visible();
    CatalogViews views = new CatalogViews(services.partitions());
    CatalogViews.Figures sums = new CatalogViews.Figures();
    int topics = 0;
    for (StreamEntry stream : state.streams().all()) {
      for (TopicEntry topic : stream.topics().all()) {
        topics++;
        views.add(topic, sums);
      }
    }
    Figures now = machine.figures().read();
    return new Reply.Stats(
        now.processId(),
        now.cpuUsage(),
        now.totalCpuUsage(),
        now.memoryUsage(),
        now.totalMemory(),
        now.availableMemory(),
        now.runTimeMicros(),
        now.startTimeMicros(),
        now.readBytes(),
        now.writtenBytes(),
        sums.bytes,
        state.streams().size(),
        topics,
        sums.partitions,
        sums.segments,
        sums.messages,
        sessions.count(),
        0,
        now.hostname(),
        now.osName(),
        now.osVersion(),
        now.kernelVersion(),
        IGGY_VERSION,
        IGGY_SEMVER,
        now.threads(),
        now.freeDiskBytes(),
        now.totalDiskBytes());
  }
}
