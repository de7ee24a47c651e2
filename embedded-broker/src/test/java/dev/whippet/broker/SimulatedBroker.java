package dev.whippet.broker;

import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Identities;
import dev.whippet.broker.internal.command.exchange.TopicRules;
import dev.whippet.broker.internal.command.family.Commands;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.identity.QuickPasswords;
import dev.whippet.broker.internal.log.Housekeeping;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.space.DiskSpace;
import dev.whippet.broker.internal.system.Aside;
import dev.whippet.broker.internal.system.MachineFigures;
import dev.whippet.broker.internal.system.SystemSnapshot;
import dev.whippet.broker.testkit.ManualClock;
import dev.whippet.broker.testkit.ManualLoop;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.ByteBufAllocator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A broker without sockets: the real start, storage and commands, on loops that turn when they are
 * told to and a disk in memory. It is killed by being forgotten. One thread.
 */
public final class SimulatedBroker {
  /** Where the data directory is. */
  public static final Path ROOT = Path.of("/disk");

  private static final int INLINE_TURNS_MAX = 1_000_000;
  private static final long AHEAD_BYTES_MAX = 200 << 10;
  private static final long TIMER_MICROS_MAX = 1_000_000;
  private static final MachineFigures FIGURES = new MachineFigures(Path.of("."));
  private static final long REBALANCE_MICROS = 30_000_000;

  /** Virtual time: it stands still unless somebody moves it. */
  public static final class Time {
    private long micros = 1_000_000_000;

    /** Microseconds since the Unix epoch. */
    public long micros() {
      return micros;
    }

    /** Lets time pass; what is due runs in a later turn. */
    public void pass(long more) {
      micros += more;
    }
  }

  /**
   * What a broker is started with.
   *
   * @param loops how many
   * @param config limits of the logs
   * @param allocator memory that dies with the process
   * @param time of all its clocks
   * @param seed of salts and ids
   * @param topics what replies about messages mean
   * @param segmentBytesMax what all segments may take up before retention drops the oldest
   * @param files what each loop sees of the disk
   */
  public record Setup(
      int loops,
      LogConfig config,
      ByteBufAllocator allocator,
      Time time,
      long seed,
      Durability topics,
      long segmentBytesMax,
      UnaryOperator<LoopFiles> files) {}

  private final List<ManualLoop> loops = new ArrayList<>();
  private final List<ManualClock> clocks = new ArrayList<>();
  private final Time time;
  private final Findings findings = new Findings();
  private final Storage storage;
  private final Commands commands;
  private final Housekeeping housekeeping;

  /** While it starts and stops, what is handed to a loop is done at once. */
  private boolean inline = true;

  private int clients;

  /** What a client found wrong with an answer. */
  private AssertionError objection;

  /** Starts on what is on the disk; blocking operations may throw the disk's power cut. */
  public SimulatedBroker(MemoryDisk disk, Setup setup) throws BrokerException {
    time = setup.time();
    List<LogLoop> logLoops = new ArrayList<>();
    List<Executor> executors = new ArrayList<>();
    Random random = new Random(setup.seed());
    DiskSpace space = new DiskSpace(setup.segmentBytesMax(), 0, AHEAD_BYTES_MAX);
    TopicRules rules = new TopicRules(setup.topics(), List.of(), -1, -1, 0);
    for (int index = 0; index < setup.loops(); index++) {
      ManualLoop loop = new ManualLoop();
      ManualClock clock = new ManualClock(time::micros);
      loops.add(loop);
      clocks.add(clock);
      executors.add(task -> execute(loop, task));
      LogLoop logLoop =
          new LogLoop(
              setup.files().apply(disk.loopFiles(loop)),
              setup.allocator(),
              setup.config(),
              clock,
              random,
              findings::damage);
      logLoop.shareSpace(space);
      logLoops.add(logLoop);
    }
    storage =
        Storage.open(
            new Storage.Parts(
                new DataLayout(ROOT),
                disk.blockingFiles(),
                logLoops,
                executors,
                Runnable::run,
                rules),
            findings);
    commands =
        new Commands(
            new Commands.Parts(
                storage.catalog(),
                storage.offsets(),
                storage.partitions(),
                rules,
                new Groups.Timing(clocks.get(0), REBALANCE_MICROS),
                loops,
                new Aside(Runnable::run),
                time::micros),
            identity());
    housekeeping =
        new Housekeeping(
            space,
            new Housekeeping.Surroundings(
                storage.partitions()::all,
                (log, task) ->
                    loops.get(storage.partitions().owner(log.incarnation())).execute(task),
                storage.offsets()::consumedTo,
                time::micros,
                disk::freeBytes,
                0));
    inline = false;
  }

  private static Commands.Identity identity() {
    return new Commands.Identity(
        new Identities(QuickPasswords.make()),
        FIGURES,
        new SystemSnapshot(Path.of("."), FIGURES, () -> "", () -> ""),
        () -> null,
        new Commands.Grants(new byte[16], 1 << 20, 64, 1 << 20, 0));
  }

  /** Retention looks around. */
  public void tick() {
    housekeeping.tick();
  }

  /** A minute is over: what has expired goes. */
  public void expire() {
    loops.get(0).execute(commands::expire);
  }

  /** A disk with an empty data directory. */
  public static MemoryDisk emptyDisk(long seed) {
    MemoryDisk disk = new MemoryDisk(seed, ROOT);
    for (Path directory : new DataLayout(ROOT).directories()) {
      disk.makeDirectory(directory);
    }
    return disk;
  }

  private void execute(ManualLoop loop, Runnable task) {
    loop.execute(task);
    if (inline) {
      runAll();
    }
  }

  /** A connection of root. */
  public ClientSession connect(int loop) {
    clients++;
    ClientSession session =
        commands.connected(clients, "10.0.0.1:" + clients, 1, loop % loops.size());
    session.login(new ClientSession.User(UserEntry.ROOT_ID, UserEntry.ROOT_SERIAL, 0));
    return session;
  }

  /** The connection has ended. */
  public void disconnect(ClientSession session, int loop) {
    loops.get(loop % loops.size()).execute(() -> commands.disconnected(session));
  }

  /** Hands a request over on its connection's loop; the answer comes in a later turn, or never. */
  public void send(ClientSession session, int loop, Request request, Consumer<Reply> answer) {
    ReplySink sink =
        new ReplySink() {
          @Override
          public void reply(Reply reply) {
            try {
              answer.accept(reply);
            } catch (AssertionError e) {
              objection = e; // not thrown into the broker, which would go on
            }
          }

          @Override
          public void replyAndClose(Reply reply) {
            reply(reply);
          }
        };
    loops.get(loop % loops.size()).execute(() -> commands.handle(session, request, sink));
  }

  /** Runs one task of one of the loops that have one; false when none has. */
  public boolean runOne(Random random) {
    int first = random.nextInt(loops.size());
    for (int i = 0; i < loops.size(); i++) {
      int index = (first + i) % loops.size();
      if (clocks.get(index).runDue() || loops.get(index).runOne()) {
        object();
        return true;
      }
    }
    return false;
  }

  /** Runs until nothing is left to do but what waits for more than a second. */
  public void runAll() {
    for (int turns = 0; turns < INLINE_TURNS_MAX; turns++) {
      boolean any = false;
      for (int index = 0; index < loops.size(); index++) {
        any |= clocks.get(index).runDue() || loops.get(index).runOne();
      }
      object();
      if (!any && !passToNextTimer()) {
        return;
      }
    }
    throw new IllegalStateException("the loops never come to rest");
  }

  private void object() {
    if (objection != null) {
      throw objection;
    }
  }

  private boolean passToNextTimer() {
    long due = clocks.stream().mapToLong(ManualClock::due).min().orElse(Long.MAX_VALUE);
    boolean near = due < time.micros() + TIMER_MICROS_MAX;
    if (near) {
      time.pass(Math.max(0, due - time.micros()));
    }
    return near;
  }

  /** How many loops it has. */
  public int loops() {
    return loops.size();
  }

  /** What it says of itself. */
  public Health health() {
    return findings.health(storage.problems(), new Health.Disk(0, 0, 0, 0, false, 0, List.of()));
  }

  /** A clean stop. */
  public void stop() {
    inline = true;
    storage.close();
  }
}
