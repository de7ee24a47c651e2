package dev.whippet.broker.walk;

import dev.whippet.broker.BrokerException;
import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.log.engine.CommitConfig;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MortalMemory;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * A random walk: commands of all families, one at a time, on connections of several loops, against
 * a broker on a disk in memory and against the {@link Model}. Now and then the broker is killed, or
 * the power goes, and another one starts on what is left; nothing that was answered may be missing.
 */
final class Walk {
  static final ByteBufAllocator MEMORY = new MortalMemory();
  private static final int LOOPS = 3;
  static final LogConfig CONFIG =
      LogConfig.DEFAULT
          .withSegmentBytes(48 << 10)
          .withTailBytesMax(32 << 10)
          .withJournalBytesMax(64 << 10)
          .withCommits(new CommitConfig(80 << 10, 4 << 10, 0));

  final Random random;
  final Model model = new Model();
  final List<Family> families;

  private final long seed;
  private final int stepsALife;
  private final Time time = new Time();
  private final int weights;
  private MemoryDisk disk;
  private SimulatedBroker broker;
  private List<ClientSession> sessions;
  private int lives;
  private long steps;
  private Object last = "the start";

  /**
   * @param stepsALife between two ends of the process
   */
  Walk(long seed, int stepsALife, List<Family> families) throws BrokerException {
    this.seed = seed;
    this.stepsALife = stepsALife;
    this.random = new Random(seed);
    this.families = families;
    this.weights = families.stream().mapToInt(Family::weight).sum();
    this.disk = SimulatedBroker.emptyDisk(seed);
    start();
  }

  private void start() throws BrokerException {
    lives++;
    disk.shuffle(seed + lives);
    broker =
        new SimulatedBroker(
            disk,
            new Setup(
                LOOPS,
                CONFIG,
                MEMORY,
                time,
                seed + lives,
                Durability.POWER,
                Long.MAX_VALUE,
                UnaryOperator.identity()));
    sessions = new ArrayList<>();
    for (int loop = 0; loop < LOOPS; loop++) {
      sessions.add(broker.connect(loop));
    }
  }

  /** Walks; an assertion that fails tells seed and step. */
  void run(long count) {
    try {
      for (steps = 1; steps <= count; steps++) {
        time.pass(1 + random.nextInt(1_000));
        any().step(this);
        if (steps % stepsALife == 0) {
          compare();
          restart();
          compare();
        }
      }
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw new AssertionError(
          "seed " + seed + ", step " + steps + ", " + last + ": " + e.getMessage(), e);
    }
  }

  private Family any() {
    int at = random.nextInt(weights);
    for (Family family : families) {
      at -= family.weight();
      if (at < 0) {
        return family;
      }
    }
    throw new IllegalStateException();
  }

  private void compare() {
    families.forEach(family -> family.compare(this));
  }

  private void restart() throws BrokerException {
    last = "restart";
    disk =
        switch (lives % 3) {
          case 0 -> stopped();
          case 1 -> disk.afterKill(random.nextLong());
          default -> disk.afterPowerCut(random.nextLong());
        };
    start();
    check(broker.health().problems().isEmpty(), "problems: " + broker.health().problems());
    model.restarted();
    families.forEach(family -> family.restarted(this));
  }

  private MemoryDisk stopped() {
    broker.stop();
    return disk.afterPowerCut(random.nextLong());
  }

  // --- for families -----------------------------------------------------------------------------

  /** Asks on any of root's connections, and waits for the answer. */
  Reply ask(Request request) {
    int loop = random.nextInt(LOOPS);
    return ask(sessions.get(loop), loop, request);
  }

  /** Asks on a connection of the family's own. */
  Reply ask(ClientSession session, int loop, Request request) {
    last = request;
    Reply[] answer = new Reply[1];
    broker.send(
        session,
        loop,
        request,
        reply -> {
          check(answer[0] == null, "answered twice");
          answer[0] = reply;
        });
    broker.runAll();
    check(answer[0] != null, "not answered");
    return answer[0];
  }

  /** Lets time pass, and what is due be done. */
  void pass(long micros) {
    time.pass(micros);
    broker.runAll();
  }

  /** The running broker, for connections; another one after each restart. */
  SimulatedBroker broker() {
    return broker;
  }

  /** Microseconds since the Unix epoch. */
  long micros() {
    return time.micros();
  }

  void expect(Reply expected, Reply found) {
    if (!expected.equals(found)) {
      throw new AssertionError("expected " + expected + ", found " + found);
    }
  }

  void expect(int status, Reply found) {
    Reply expected = status == Status.OK ? new Reply.Empty() : new Reply.Failure(status);
    expect(expected, found);
  }

  static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  boolean chance(int of) {
    return random.nextInt(of) == 0;
  }

  /** One of a few names, so that they meet. */
  String name(String prefix, int count) {
    return prefix + random.nextInt(count);
  }

  /** By name or number, what is there or what is not. */
  Identifier identifier(IdSlots<?> slots, String name) {
    if (random.nextBoolean()) {
      return new Identifier.Named(name);
    }
    int any = slots.any(random);
    return new Identifier.Numeric(any < 0 || chance(12) ? random.nextInt(9) : any);
  }

  /** The id, -1 when there is no such thing. */
  static int resolve(IdSlots<?> slots, Identifier identifier) {
    if (identifier instanceof Identifier.Named named) {
      return slots.idOf(named.name());
    }
    int id = ((Identifier.Numeric) identifier).id();
    return slots.get(id) == null ? -1 : id;
  }
}
