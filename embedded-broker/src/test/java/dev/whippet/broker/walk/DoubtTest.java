package dev.whippet.broker.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.simulation.Polled;
import dev.whippet.broker.simulation.SimulatedClient;
import dev.whippet.broker.simulation.Tags;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Fault;
import dev.whippet.internal.wire.Status;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Purges and deletions of which something fails: the disk at each of their operations, or a step of
 * our own. Whatever the next start finds, no message is missing that was acknowledged after the
 * answer.
 */
final class DoubtTest {
  private static final Identifier STREAM = new Identifier.Named("s");
  private static final Identifier TOPIC = new Identifier.Named("t");
  private static final int PARTITIONS = 2;
  private static final int BEFORE = 10;
  private static final int LATER = 100;

  /** Messages that go straight into a segment. */
  private static final int MUCH = 100;

  private final Time time = new Time();
  private long starts;

  /** What the tests have seen, so that they can't pass for want of doubt. */
  private int refusedLater;

  private int goneLater;

  private SimulatedBroker start(MemoryDisk disk) throws Exception {
    return start(disk, UnaryOperator.identity());
  }

  private SimulatedBroker start(MemoryDisk disk, UnaryOperator<LoopFiles> files) throws Exception {
    starts++;
    return new SimulatedBroker(
        disk,
        new Setup(
            2, Walk.CONFIG, Walk.MEMORY, time, starts, Durability.POWER, Long.MAX_VALUE, files));
  }

  private static SimulatedBroker filled(SimulatedBroker broker) {
    SimulatedClient client = new SimulatedClient(broker, 0);
    ok(client.ask(new Request.CreateStream("s")));
    ok(
        client.ask(
            new Request.CreateTopic(
                STREAM, "t", PARTITIONS, new Request.TopicSettings(1, 0, 0, 1))));
    for (int batch = 1; batch <= BEFORE; batch++) {
      ok(client.ask(send(batch % PARTITIONS, batch)));
    }
    ok(client.ask(hello()));
    ok(client.ask(publish(0, 3)));
    return broker;
  }

  private static void ok(Reply reply) {
    assertThat(reply).isNotInstanceOf(Reply.Failure.class);
  }

  private static Request send(int partition, int batch) {
    long[] tags = {Tags.sent(batch, 0)};
    return new Request.SendMessages(
        STREAM,
        TOPIC,
        new Request.Partitioning.PartitionId(partition),
        new Request.Batch(Tags.records(Walk.MEMORY, tags), 1));
  }

  private static Request hello() {
    byte[] id = ByteBuffer.allocate(16).putLong(7).putLong(2).array();
    return new Request.Hello(1, -1L, id, 1, id);
  }

  /** To the first partition. */
  private static Request publish(long previous, int count) {
    long[] tags = new long[count];
    for (int i = 0; i < count; i++) {
      tags[i] = Tags.published(1, 0, previous + 1 + i);
    }
    return new Request.Publish(
        STREAM,
        TOPIC,
        0,
        0,
        previous,
        previous + 1,
        new Request.Batch(Tags.records(Walk.MEMORY, tags), count));
  }

  private static Set<Long> messages(SimulatedClient client) {
    Set<Long> found = new TreeSet<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      Reply reply =
          client.ask(
              new Request.Poll(
                  new ConsumerId(false, new Identifier.Numeric(1), 1),
                  STREAM,
                  TOPIC,
                  OptionalInt.of(partition),
                  new Strategy(Strategy.Kind.FIRST, 0),
                  1_000,
                  false));
      if (reply instanceof Reply.Polled polled) {
        Polled.each(polled, (offset, tag) -> found.add(tag));
      }
    }
    return found;
  }

  // --- the disk fails ---------------------------------------------------------------------------

  @Test
  void whatIsAcknowledgedAfterAPurgeInDoubtIsThereAtTheNextStart() throws Exception {
    failEverywhere(new Request.PurgeTopic(STREAM, TOPIC));
    failEverywhere(new Request.PurgeStream(STREAM));

    assertThat(refusedLater).as("sends that came after a doubt").isPositive();
    assertThat(goneLater).as("purges that had been made after all").isPositive();
  }

  @Test
  void whatIsAcknowledgedAfterADeletionInDoubtIsThereAtTheNextStart() throws Exception {
    failEverywhere(new Request.DeleteTopic(STREAM, TOPIC));
    failEverywhere(new Request.DeleteStream(STREAM));
    failEverywhere(new Request.DeletePartitions(STREAM, TOPIC, 1));

    assertThat(refusedLater).as("sends that came after a doubt").isPositive();
    assertThat(goneLater).as("deletions that had been made after all").isPositive();
  }

  private void failEverywhere(Request change) throws Exception {
    for (Fault fault : List.of(Fault.EIO, Fault.EIO_AFTERWARDS, Fault.NO_SPACE)) {
      boolean happened = true;
      for (int operation = 0; happened; operation++) {
        try {
          happened = fail(change, operation, fault);
        } catch (AssertionError e) {
          throw new AssertionError(change + ", " + fault + " at operation " + operation, e);
        }
      }
    }
  }

  /** False when the change has fewer operations. */
  private boolean fail(Request change, int operation, Fault fault) throws Exception {
    MemoryDisk disk = SimulatedBroker.emptyDisk(operation);
    SimulatedBroker broker = filled(start(disk));
    SimulatedClient client = new SimulatedClient(broker, 0);
    int first = disk.operations();
    disk.failAt(first + operation, fault);

    boolean refused = client.ask(change) instanceof Reply.Failure;

    boolean happened = disk.operations() > first + operation;
    disk.failWhere((number, what, path) -> Fault.NONE);
    Set<Long> acknowledged = new TreeSet<>();
    for (int batch = LATER; batch < LATER + 4; batch++) {
      if (client.ask(send(batch % PARTITIONS, batch)) instanceof Reply.Empty) {
        acknowledged.add(Tags.sent(batch, 0));
      } else {
        refusedLater += refused ? 1 : 0;
      }
    }
    assertThat(messages(client)).as("reads go on").containsAll(acknowledged);
    for (MemoryDisk left : List.of(disk.afterKill(operation), disk.afterPowerCut(operation))) {
      SimulatedClient again = new SimulatedClient(start(left), 0);
      Set<Long> found = messages(again);
      assertThat(found).containsAll(acknowledged);
      goneLater += refused && found.size() < BEFORE ? 1 : 0;
    }
    return happened;
  }

  // --- partitions that can't be purged ----------------------------------------------------------

  @Test
  void aPartitionWhoseProducersCouldNotBeReadIsNotPurged() throws Exception {
    MemoryDisk disk = SimulatedBroker.emptyDisk(1);
    SimulatedClient producer = new SimulatedClient(filled(start(disk)), 0);
    ok(producer.ask(hello()));
    ok(producer.ask(publish(3, MUCH)));
    MemoryDisk left = disk.afterKill(1);
    left.failWhere(
        (number, what, path) -> path.toString().endsWith(".seg") ? Fault.EIO : Fault.NONE);
    SimulatedBroker broker = start(left);
    left.failWhere((number, what, path) -> Fault.NONE);

    Reply reply = new SimulatedClient(broker, 0).ask(new Request.PurgeTopic(STREAM, TOPIC));

    assertThat(reply).isEqualTo(new Reply.Failure(Status.IO_ERROR));
    SimulatedClient client = new SimulatedClient(start(left.afterKill(1)), 1);
    ok(client.ask(hello()));
    Reply.ProducerStateIs state =
        (Reply.ProducerStateIs) client.ask(new Request.ProducerState(STREAM, TOPIC, 0, 0));
    assertThat(state.highestDurableSequence()).isEqualTo(3 + MUCH);
    ok(client.ask(new Request.PurgeTopic(STREAM, TOPIC)));
  }

  // --- a step of our own fails ------------------------------------------------------------------

  @Test
  void aStepOfAPurgeThatThrowsIsAnsweredAndNothingElseWaitsForIt() throws Exception {
    boolean[] armed = new boolean[1];
    SimulatedBroker broker =
        filled(start(SimulatedBroker.emptyDisk(1), files -> throwing(files, armed)));
    SimulatedClient client = new SimulatedClient(broker, 0);
    armed[0] = true;

    Reply reply = client.ask(new Request.PurgeTopic(STREAM, TOPIC));

    armed[0] = false;
    assertThat(reply).isEqualTo(new Reply.Failure(Status.ERROR));
    assertThat(messages(client)).hasSize(BEFORE + 3);
    ok(client.ask(send(0, LATER)));
    ok(client.ask(new Request.CreateStream("another")));
    assertThat(client.ask(new Request.PurgeTopic(STREAM, TOPIC))).isEqualTo(new Reply.Empty());
    assertThat(messages(client)).isEmpty();
  }

  /** Files that can't make a directory, in a way that nobody expects. */
  private static LoopFiles throwing(LoopFiles files, boolean[] armed) {
    return (LoopFiles)
        Proxy.newProxyInstance(
            LoopFiles.class.getClassLoader(),
            new Class<?>[] {LoopFiles.class},
            (proxy, method, arguments) -> {
              if (armed[0] && method.getName().equals("createDirectory")) {
                throw new IllegalStateException("no directory can be made");
              }
              try {
                return method.invoke(files, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void aPurgeWaitsForPartitionsThatAreBeingWritten() throws Exception {
    SimulatedBroker broker = filled(start(SimulatedBroker.emptyDisk(1)));
    List<Reply> replies = new ArrayList<>();
    SimulatedClient creator = new SimulatedClient(broker, 0);
    SimulatedClient purger = new SimulatedClient(broker, 0);

    creator.send(new Request.CreatePartitions(STREAM, TOPIC, 1), replies::add);
    purger.send(new Request.PurgeTopic(STREAM, TOPIC), replies::add);
    broker.runAll();

    assertThat(replies).containsExactly(new Reply.Empty(), new Reply.Empty());
    assertThat(messages(purger)).isEmpty();
    ok(purger.ask(send(PARTITIONS, LATER)));
  }
}
