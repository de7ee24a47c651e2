package dev.whippet.broker.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Permissions;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.simulation.SimulatedClient;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What takes something away works on a disk that is full, within its bounds, and is durable. */
final class FullDiskTest {
  private static final Identifier USER = new Identifier.Named("user");
  private static final Identifier STREAM = new Identifier.Named("s0");
  private static final byte[] PASSWORD = "password".getBytes(StandardCharsets.UTF_8);
  private static final byte[] OTHER = "another password".getBytes(StandardCharsets.UTF_8);
  private static final int ACTIVE = 1;
  private static final int INACTIVE = 2;

  /** More than the reserve has room for. */
  private static final int MANY = 100;

  private final MemoryDisk disk = SimulatedBroker.emptyDisk(1);

  private static SimulatedBroker start(MemoryDisk on) throws Exception {
    return new SimulatedBroker(
        on,
        new Setup(
            2,
            Walk.CONFIG,
            Walk.MEMORY,
            new Time(),
            1,
            Durability.POWER,
            Long.MAX_VALUE,
            UnaryOperator.identity()));
  }

  /** Ten global flags, and no streams. */
  private static Permissions flags(int mask) {
    byte[] block = new byte[11];
    for (int i = 0; i < 10; i++) {
      block[i] = (byte) (mask >> i & 1);
    }
    return new Permissions(block);
  }

  private static void ok(Reply reply) {
    assertThat(reply).isNotInstanceOf(Reply.Failure.class);
  }

  private static void full(Reply reply) {
    assertThat(reply).isEqualTo(new Reply.Failure(Status.IO_ERROR));
  }

  private SimulatedClient user;

  private static SimulatedClient user(SimulatedBroker broker, byte[] password) {
    SimulatedClient client = new SimulatedClient(broker, 1);
    ok(client.ask(new Request.Login("user", password, "", "")));
    return client;
  }

  private SimulatedClient onAFullDisk() throws Exception {
    SimulatedBroker broker = start(disk);
    SimulatedClient root = new SimulatedClient(broker, 0);
    ok(root.ask(new Request.CreateUser("in the place of root", PASSWORD, ACTIVE, null)));
    ok(root.ask(new Request.CreateUser("user", PASSWORD, ACTIVE, flags(0b11))));
    user = user(broker, PASSWORD);
    ok(user.ask(new Request.CreateToken("token", 0)));
    disk.limitTo(disk.usedBytes());
    Reply reply = new Reply.Empty();
    for (int i = 0; i < MANY && !(reply instanceof Reply.Failure); i++) {
      reply = root.ask(new Request.CreateStream("s" + i));
    }
    full(reply);
    return root;
  }

  @Test
  void rightsArePossibleToTakeAwayAndImpossibleToGive() throws Exception {
    SimulatedClient root = onAFullDisk();

    full(root.ask(new Request.UpdatePermissions(USER, flags(0b111))));
    ok(root.ask(new Request.UpdatePermissions(USER, flags(0b01))));
    ok(root.ask(new Request.UpdateUser(USER, null, INACTIVE)));
    full(root.ask(new Request.UpdateUser(USER, null, ACTIVE)));
    ok(user.ask(new Request.ChangePassword(USER, PASSWORD, OTHER)));
    ok(user.ask(new Request.DeleteToken("token")));

    SimulatedBroker broker = start(disk.afterPowerCut(1));
    SimulatedClient again = new SimulatedClient(broker, 0);
    Reply.UserDetails found = (Reply.UserDetails) again.ask(new Request.GetUser(USER));
    assertThat(found.permissions()).isEqualTo(flags(0b01).encoded());
    assertThat(found.user().active()).isFalse();
    ok(again.ask(new Request.UpdateUser(USER, null, ACTIVE)));
    assertThat(user(broker, OTHER).ask(new Request.GetTokens()))
        .isEqualTo(new Reply.Tokens(List.of()));
  }

  @Test
  void whoTakesAwayAgainAndAgainLeavesRoomForWhatFreesSpace() throws Exception {
    SimulatedClient root = onAFullDisk();
    int taken = 0;
    while (taken < MANY
        && root.ask(new Request.UpdateUser(USER, null, INACTIVE)) instanceof Reply.Empty) {
      taken++;
    }
    assertThat(taken).isBetween(4, MANY - 1);

    ok(root.ask(new Request.DeleteStream(STREAM)));
    disk.limitTo(Long.MAX_VALUE);
    ok(root.ask(new Request.UpdateUser(USER, null, ACTIVE)));
    ok(root.ask(new Request.CreateStream("s0")));
  }
}
