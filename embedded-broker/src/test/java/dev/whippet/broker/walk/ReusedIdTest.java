package dev.whippet.broker.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.simulation.SimulatedClient;
import dev.whippet.internal.wire.Status;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Ids of users are used again; what was said under one is not the next one's. */
final class ReusedIdTest {
  private static final Identifier STREAM = new Identifier.Named("s");
  private static final Identifier TOPIC = new Identifier.Named("t");
  private static final byte[] PASSWORD = "password".getBytes(StandardCharsets.UTF_8);

  private static Reply ok(Reply reply) {
    assertThat(reply).isNotInstanceOf(Reply.Failure.class);
    return reply;
  }

  private static int create(SimulatedClient root, String name) {
    Request.Permissions all = new Request.Permissions(Grants.ALL.encoded());
    Reply reply = ok(root.ask(new Request.CreateUser(name, PASSWORD, 1, all)));
    return ((Reply.UserDetails) reply).user().id();
  }

  private static void login(SimulatedClient client, String name) {
    ok(client.ask(new Request.Login(name, PASSWORD, "", "")));
  }

  @Test
  void aHelloOfADeletedUserIsNoHelloOfTheNextUserWithItsId() throws Exception {
    SimulatedBroker broker =
        new SimulatedBroker(
            SimulatedBroker.emptyDisk(1),
            new Setup(
                2,
                Walk.CONFIG,
                Walk.MEMORY,
                new Time(),
                1,
                Durability.POWER,
                Long.MAX_VALUE,
                UnaryOperator.identity()));
    SimulatedClient root = new SimulatedClient(broker, 0);
    create(root, "in the place of root");
    ok(root.ask(new Request.CreateStream("s")));
    ok(root.ask(new Request.CreateTopic(STREAM, "t", 1, new Request.TopicSettings(1, 0, 0, 1))));
    int id = create(root, "first");
    SimulatedClient device = new SimulatedClient(broker, 1);
    login(device, "first");
    byte[] producer = ByteBuffer.allocate(16).putLong(1).array();
    ok(device.ask(new Request.Hello(1, -1L, producer, 1, producer)));
    ok(device.ask(new Request.ProducerState(STREAM, TOPIC, 0, 0)));

    ok(device.ask(new Request.Logout()));
    ok(root.ask(new Request.DeleteUser(new Identifier.Named("first"))));
    assertThat(create(root, "second")).isEqualTo(id);
    login(device, "second");

    assertThat(device.ask(new Request.ProducerState(STREAM, TOPIC, 0, 0)))
        .isEqualTo(new Reply.Failure(Status.INVALID_COMMAND));
  }
}
