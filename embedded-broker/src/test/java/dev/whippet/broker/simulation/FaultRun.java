package dev.whippet.broker.simulation;

import dev.whippet.broker.BrokerException;
import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Fault;
import dev.whippet.broker.testkit.MortalMemory;
import io.netty.buffer.ByteBufAllocator;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * One seed, and one operation of the disk that fails: in the start of a broker on what an earlier
 * one left, or while it works. It must start and serve what was acknowledged; so must the next one,
 * on the disk as it is then and after a power cut.
 */
final class FaultRun {
  private static final int LEFT_BYTES_MAX = 64 << 10;

  private final long seed;
  private final int steps;
  private final MemoryDisk before;
  private final World known;
  private String what;
  private boolean wasFull;
  private final Time time = new Time();

  /** Prepares what the earlier broker left. */
  FaultRun(long seed, int steps) throws BrokerException {
    this.seed = seed;
    this.steps = steps;
    MemoryDisk disk = SimulatedBroker.emptyDisk(seed);
    World world = new World(time);
    new Workload(start(disk), world, CutRun.MORTAL, seed, false).run(steps, () -> time.pass(1));
    before = disk.afterKill(seed);
    known = world;
  }

  private SimulatedBroker start(MemoryDisk disk) throws BrokerException {
    return start(disk, CutRun.MORTAL);
  }

  private SimulatedBroker start(MemoryDisk disk, ByteBufAllocator memory) throws BrokerException {
    return new SimulatedBroker(
        disk,
        new Setup(
            2,
            CutRun.small(seed),
            memory,
            time,
            seed,
            Durability.POWER,
            Long.MAX_VALUE,
            UnaryOperator.identity()));
  }

  /** False when the run ended before the operation. */
  boolean fail(int operation, Fault fault) {
    what = "operation " + operation;
    try {
      return tryFault(operation, fault);
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw failure(fault + " at " + what, e);
    }
  }

  /** There is no memory for one allocation; false when the run ended before. */
  boolean failAllocation(int allocation) {
    try {
      MemoryDisk disk = before.afterKill(seed);
      World world = known.copy();
      MortalMemory memory = new MortalMemory();
      SimulatedBroker broker = start(disk, memory);
      memory.failAt(allocation);
      int first = memory.allocations();
      workOn(broker, world, allocation);
      new Inspection(broker, world.copy(), 100).served();
      checkAfter(disk, world, allocation, false);
      return memory.allocations() > first + allocation;
    } catch (AssertionError | RuntimeException | BrokerException | OutOfMemoryError e) {
      throw failure("no memory at allocation " + allocation, e);
    }
  }

  /** The disk is full for a while, and takes everything again by itself afterwards. */
  void fillUp(int round) {
    try {
      wasFull = true;
      MemoryDisk disk = before.afterKill(seed);
      World world = known.copy();
      SimulatedBroker broker = start(disk);
      disk.limitTo(disk.usedBytes() + new Random(seed + round).nextInt(LEFT_BYTES_MAX));
      workOn(broker, world, round);
      disk.limitTo(Long.MAX_VALUE);
      broker.tick();
      broker.runAll();
      inspection(broker, world.copy()).served();
      Continuation more = new Continuation(broker, world, CutRun.MORTAL);
      more.resendWhatIsTaken();
      more.storeMore();
      inspection(broker, world.copy()).served();
      checkAfter(disk, world, round, false);
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw failure("full disk, round " + round, e);
    }
  }

  private AssertionError failure(String how, Throwable cause) {
    return new AssertionError(
        "seed "
            + seed
            + ", "
            + how
            + ": "
            + cause.getMessage()
            + "\nrepeat: mvn -q -pl embedded-broker -am test -Dtest=FaultTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dwhippet.seed="
            + seed,
        cause);
  }

  private void workOn(SimulatedBroker broker, World world, int number) {
    Random random = new Random(seed + number);
    new Workload(broker, world, CutRun.MORTAL, random.nextLong(), true)
        .run(
            steps / 2,
            () -> {
              time.pass(random.nextInt(5_000));
              if (random.nextInt(6) == 0) {
                broker.tick();
              }
            });
  }

  private boolean tryFault(int operation, Fault fault) throws BrokerException {
    MemoryDisk disk = before.afterKill(seed);
    disk.failWhere(
        (number, action, path) -> {
          if (number != operation) {
            return Fault.NONE;
          }
          what = "operation " + number + ", " + action + " " + path;
          return fault;
        });
    disk.shuffle(seed);
    World world = known.copy();
    SimulatedBroker broker = start(disk);
    boolean inStart = disk.operations() > operation;
    boolean lossy = inStart && fault == Fault.WRONG_BYTES;
    workOn(broker, world, operation);
    boolean happened = disk.operations() > operation;
    disk.failWhere((number, what, path) -> Fault.NONE);
    if (!inStart) {
      broker.tick();
      broker.runAll();
      new Inspection(broker, world.copy(), 100).lossy(fault == Fault.WRONG_BYTES).served();
      new Continuation(broker, world, CutRun.MORTAL).resendWhatIsTaken();
      new Inspection(broker, world.copy(), 100).lossy(fault == Fault.WRONG_BYTES).served();
    }
    checkAfter(disk, world, operation, lossy);
    return happened;
  }

  /** A full disk makes room by itself. */
  private Inspection inspection(SimulatedBroker broker, World world) {
    return new Inspection(broker, world, 100).withRetention(wasFull);
  }

  private void goOn(SimulatedBroker broker, World world) {
    Continuation more = new Continuation(broker, world, CutRun.MORTAL);
    more.resend();
    more.storeMore();
    inspection(broker, world).served();
  }

  private void checkAfter(MemoryDisk disk, World world, int number, boolean lossy)
      throws BrokerException {
    MemoryDisk left = disk.afterKill(number);
    inspection(start(left), world).lossy(lossy).served();
    SimulatedBroker last = start(left.afterPowerCut(number));
    inspection(last, world).lossy(lossy).served();
    if (!lossy) {
      goOn(last, world);
    }
  }
}
