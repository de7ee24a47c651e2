package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.system.Aside;
import dev.whippet.broker.internal.system.Aside.Trouble;
import dev.whippet.broker.internal.system.MachineFigures;
import dev.whippet.broker.internal.system.MachineFigures.Figures;
import dev.whippet.broker.internal.system.SystemSnapshot;
import dev.whippet.broker.internal.system.SystemSnapshot.Part;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ping, get_stats, get_snapshot, get_cluster_metadata (iggy-classic.md 3.3 to 3.4.2). */
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
   * @param snapshot what get_snapshot packs
   * @param aside where figures are read: files of /proc and the disk's size may block
   * @param cluster the one node as it listens now
   */
  record Machine(
      MachineFigures figures,
      SystemSnapshot snapshot,
      Aside aside,
      Supplier<Reply.Cluster> cluster) {}

  /** Compression codes of a snapshot that a ZIP of Java's has; others answer 5. */
  private static final int STORED = 1;

  private static final int DEFLATED = 2;

  /** The type that stands for all others. */
  private static final int ALL = 100;

  private static final Logger LOG = LoggerFactory.getLogger(SystemCommands.class);

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
    table.on(Request.GetSnapshot.class, this::getSnapshot);
    table.on(Request.GetClusterMetadata.class, x -> x.reply(machine.cluster().get()));
  }

  private void getStats(Exchange<Request.GetStats> x) {
    services.access().require(x.session, Right.SERVER);
    aside(x, "get_stats", () -> x.reply(stats()));
  }

  private void getSnapshot(Exchange<Request.GetSnapshot> x) {
    int compression = x.request.compression();
    if (compression != STORED && compression != DEFLATED) {
      throw new Exchange.Refused(Status.FEATURE_UNAVAILABLE);
    }
    aside(x, "get_snapshot", () -> pack(x, compression == DEFLATED));
  }

  /** Answers in any case: 12001 when too much waits there already. */
  private void aside(Exchange<?> x, String what, Runnable work) {
    machine
        .aside()
        .run(
            what,
            work,
            trouble -> x.refuse(trouble == Trouble.BUSY ? Status.TASK_TIMEOUT : Status.ERROR));
  }

  private void pack(Exchange<Request.GetSnapshot> x, boolean deflated) {
    try {
      x.reply(new Reply.Snapshot(machine.snapshot().zip(deflated, parts(x.request.types()))));
    } catch (IOException | RuntimeException e) {
      LOG.warn("no snapshot: {}", e.toString());
      x.refuse(Status.SNAPSHOT_FAILED);
    }
  }

  /** Types 1 to 6 in the order of the parts; none for none. */
  private static Set<Part> parts(List<Integer> types) {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (int type : types) {
      if (type == ALL) {
        return EnumSet.allOf(Part.class);
      }
      parts.add(Part.values()[type - 1]);
    }
    return parts;
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
        state.groups().size(),
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
