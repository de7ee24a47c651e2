package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.exchange.Identities;
import dev.whippet.broker.internal.command.family.Commands;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.identity.Passwords;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.space.DiskBudget;
import dev.whippet.broker.internal.log.space.DiskSpace;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.net.Transport;
import dev.whippet.broker.internal.net.event.ConnectionCounts;
import dev.whippet.broker.internal.system.Aside;
import dev.whippet.broker.internal.system.MachineFigures;
import dev.whippet.broker.internal.system.SystemSnapshot;
import dev.whippet.broker.internal.system.WallClock;
import dev.whippet.internal.wire.Limits;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker in this process: it speaks Apache Iggy's classic wire of generation 0.8 over TCP and
 * WebSocket, and keeps everything in one directory.
 *
 * <pre>{@code
 * try (Broker broker = Broker.builder()
 *     .listen("127.0.0.1:8090")
 *     .dataDirectory(Path.of("data"))
 *     .rootPassword("secret")
 *     .start()) {
 *   ...
 * }
 * }</pre>
 *
 * <p>States: starting (inside {@link #start}), running, closed. What it acknowledges is on stable
 * storage; a process that ends without {@link #close()} loses nothing of it. All methods may be
 * called on any thread; {@link #start} and {@link #close()} block.
 */
public final class Broker implements AutoCloseable {

  /** Publishes that one connection may have under way (whippet-extension.md 2). */
  private static final int PUBLISHES_IN_FLIGHT_MAX = 64;

  /** Their bytes; one publish may be larger when it is alone. */
  private static final int PUBLISH_BYTES_IN_FLIGHT_MAX = 16 << 20;

  /**
   * Figures, snapshots, metrics and health that may wait for the thread aside; more are refused.
   */
  private static final int ASIDE_TASKS_MAX = 256;

  /** Passwords that may wait to be hashed or checked; the next login is refused (12001). */
  private static final int HASHES_WAITING_MAX = 4_096;

  /** Passwords hashed at once: each takes 19 MiB and a core. */
  private static final int HASHES_MAX = 4;

  private static final long PURGE_SECONDS = 60;

  private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

  private final BrokerConfig config;
  private final Findings findings = new Findings();
  private final ThreadPoolExecutor asideThread;
  private final Aside aside;
  private final ThreadPoolExecutor hashing;
  private final AtomicBoolean closed = new AtomicBoolean();
  private DataDirectory directory;
  private Loops loops;
  private Storage storage;
  private Retainer retainer;
  private FrontDoors doors;
  private ScheduledFuture<?> purge;
  private String generatedPassword;
  private volatile List<InetSocketAddress> addresses = List.of();

  private Broker(BrokerConfig config) {
    this.config = config;
    asideThread = pool("whippet-aside", 1, ASIDE_TASKS_MAX);
    aside = new Aside(asideThread);
    int cores = Runtime.getRuntime().availableProcessors();
    hashing =
        pool("whippet-hash", Math.max(1, Math.min(HASHES_MAX, cores / 2)), HASHES_WAITING_MAX);
  }

  /** Threads that end when there is nothing to do; what is too much is rejected. */
  private static ThreadPoolExecutor pool(String name, int threads, int waitingMax) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(waitingMax),
            work -> {
              Thread thread = new Thread(work, name);
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Settings with their defaults.
   *
   * @return new
   */
  public static BrokerConfig.Builder builder() {
    return new BrokerConfig.Builder();
  }

  /**
   * Starts a broker: opens its directory, recovers what is in it, listens. Blocks as long as that
   * takes, which grows with what was written after the last segments were sealed.
   *
   * @param config how it runs
   * @return running, reachable at {@link #addresses()}
   * @throws BrokerException when it can't start, with the value at fault and what to do; nothing
   *     stays open then
   */
  public static Broker start(BrokerConfig config) throws BrokerException {
    Broker broker = new Broker(config);
    try {
      broker.open();
      return broker;
    } catch (BrokerException | RuntimeException | Error e) {
      broker.close();
      throw e;
    }
  }

  /**
   * Looks whether {@link #start} would do, and starts nothing: the data directory, the addresses,
   * the files of TLS. Ports may be in use, as by a broker that runs with these settings. Blocks.
   *
   * @param config how it would run
   * @throws BrokerException when it would not start, with the value at fault and what to do
   */
  public static void check(BrokerConfig config) throws BrokerException {
    StartCheck.run(config);
  }

  private void open() throws BrokerException {
    directory = DataDirectory.open(config.dataDirectory);
    Transport transport = transport(config.transport);
    loops = Loops.start(transport, config.loops, directory.root(), config.limits);
    findings.add(directory.findings());
    DiskSpace space = diskSpace();
    storage = Storage.open(storageParts(space), findings);
    retainer =
        new Retainer(
            directory.root(),
            space,
            storage.partitions(),
            storage.offsets(),
            loops,
            config.consumerProtectionMillis);
    retainer.start();
    EventLoop loopZero = loops.loop(0).executor();
    Passwords passwords = new Passwords(hashing, loopZero);
    Commands commands = commands(new Identities(passwords));
    purge =
        loopZero.scheduleAtFixedRate(
            commands::expire, PURGE_SECONDS, PURGE_SECONDS, TimeUnit.SECONDS);
    doors =
        FrontDoors.open(
            config,
            loops,
            new FrontDoors.Parts(
                directory.layout(),
                storage.partitions().logLoop(0),
                findings,
                new Metrics(storage, aside),
                this::health,
                aside),
            commands);
    List<InetSocketAddress> bound = new ArrayList<>();
    doors.bind(
        address -> {
          bound.add(address);
          addresses = List.copyOf(bound);
        });
    // After all that may fail: a password that is told once must not be lost with the start
    RootAccount root = new RootAccount(storage.catalog(), passwords, loopZero);
    generatedPassword = root.ensure(config);
    doors.accept();
    LOG.info("{}", description());
    root.warnUnlessFits(config);
    storage.scrub();
  }

  private static Transport transport(BrokerConfig.Transport choice) throws BrokerException {
    try {
      return Transport.choose(choice.label());
    } catch (IllegalArgumentException e) {
      throw new BrokerException(
          Reason.TRANSPORT_UNAVAILABLE, e.getMessage() + ": choose auto or another", e);
    }
  }

  private DiskSpace diskSpace() {
    long diskBytes = Retainer.totalBytes(directory.root());
    long messageBytes = config.retention.of(diskBytes);
    return new DiskSpace(
        messageBytes > 0 ? messageBytes : DiskBudget.UNLIMITED, config.diskFree.of(diskBytes));
  }

  private Storage.Parts storageParts(DiskSpace space) {
    LogConfig limits = config.logs(space.segmentBytesMax());
    SecureRandom random = new SecureRandom();
    List<LogLoop> logLoops = new ArrayList<>();
    for (int index = 0; index < loops.size(); index++) {
      LogLoop logLoop =
          new LogLoop(
              loops.loop(index).files(),
              loops.loop(index).buffers().allocator(),
              limits,
              new LoopTime(loops.loop(index).executor()),
              random,
              findings::damage);
      logLoop.shareSpace(space);
      SpareMemory.share(loops.loop(index), logLoop);
      logLoops.add(logLoop);
    }
    return new Storage.Parts(
        directory.layout(),
        BlockingFiles.SYSTEM,
        logLoops,
        executors(),
        work -> new Thread(work, "whippet-start").start(),
        config.topicRules());
  }

  private List<Executor> executors() {
    List<Executor> executors = new ArrayList<>();
    for (int index = 0; index < loops.size(); index++) {
      executors.add(loops.loop(index).executor());
    }
    return executors;
  }

  private Commands commands(Identities identities) {
    MachineFigures figures = new MachineFigures(directory.root());
    return new Commands(
        new Commands.Parts(
            storage.catalog(),
            storage.offsets(),
            storage.partitions(),
            config.topicRules(),
            new Groups.Timing(
                new LoopTime(loops.loop(0).executor()),
                TimeUnit.MILLISECONDS.toMicros(config.rebalanceMillis)),
            executors(),
            aside,
            WallClock::micros),
        new Commands.Identity(
            identities,
            figures,
            new SystemSnapshot(
                directory.root(),
                figures,
                () -> SelfDescription.configuration(config),
                () -> SelfDescription.logs(description(), health())),
            this::cluster,
            new Commands.Grants(
                directory.brokerId(),
                Limits.BATCH_PAYLOAD_BYTES_MAX,
                PUBLISHES_IN_FLIGHT_MAX,
                PUBLISH_BYTES_IN_FLIGHT_MAX,
                (int) NetLimits.DEFAULT.times().pingMillis())));
  }

  /** One node, so that clients need not look for a leader (iggy-classic.md 3.4.2). */
  private Reply.Cluster cluster() {
    InetSocketAddress first = addresses.get(0);
    InetSocketAddress second = addresses.get(Math.min(1, addresses.size() - 1));
    InetSocketAddress last = addresses.get(addresses.size() - 1);
    return new Reply.Cluster(
        "single-node",
        "iggy-node",
        first.getAddress().getHostAddress(),
        first.getPort(),
        0,
        config.http == null ? 0 : last.getPort(),
        second.getPort());
  }

  /**
   * What it runs on, as the start-up line says it: version, transport and why not a better one,
   * loops, how files are driven, data directory with its durability and bounds, addresses.
   *
   * @return one line
   */
  public String description() {
    return "whippet broker "
        + Version.text()
        + ": "
        + loops.description()
        + "; data "
        + directory.root()
        + " ("
        + config.storage()
        + ")"
        + "; listening on "
        + String.join(", ", doors.texts());
  }

  /**
   * Where it listens, with real ports, in the order of the configuration.
   *
   * @return unmodifiable; empty when closed
   */
  public List<InetSocketAddress> addresses() {
    return addresses;
  }

  /**
   * The port of the first address.
   *
   * @return 1 to 65535
   */
  public int port() {
    List<InetSocketAddress> now = addresses;
    if (now.isEmpty()) {
      throw new IllegalStateException("the broker is closed");
    }
    return now.get(0).getPort();
  }

  /**
   * The password that was made up for root at this start, because none was configured: at the first
   * start of a data directory, or with {@link BrokerConfig.Builder#resetRoot}. It is told here and
   * nowhere else.
   *
   * @return empty when none was made up
   */
  public Optional<String> generatedRootPassword() {
    return Optional.ofNullable(generatedPassword);
  }

  /** Requests that came over HTTP. */
  long httpRequests() {
    return doors.httpRequests();
  }

  /** How connections began and ended. */
  ConnectionCounts counts() {
    return loops.counts();
  }

  /**
   * How it is now: what is read-only or was found damaged, and why. Does not block.
   *
   * @return a view of this moment
   */
  public Health health() {
    List<Health.Problem> now = storage.problems();
    Map<Long, String> names = new HashMap<>();
    LongFunction<String> name = incarnation -> storage.nameOf(incarnation, names);
    now.addAll(retainer.problems(name, storage::groupName));
    return findings.health(now, retainer.disk(name));
  }

  /**
   * Stops: accepts nobody more, lets requests under way finish for at most the configured grace,
   * tells every client, and gives ports, files and threads back. Blocks for that long. The second
   * call does nothing.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    addresses = List.of();
    if (doors != null) {
      doors.stop(config.stopGraceMillis);
    }
    asideThread.shutdown();
    hashing.shutdownNow();
    if (purge != null) {
      purge.cancel(false);
    }
    if (retainer != null) {
      retainer.stop();
    }
    if (storage != null) {
      storage.close();
    }
    if (loops != null) {
      loops.stop();
    }
    if (directory != null) {
      try {
        directory.close();
      } catch (IOException e) {
        LOG.warn("lock of {} could not be given back: {}", directory.root(), e.toString());
      }
    }
  }
}
