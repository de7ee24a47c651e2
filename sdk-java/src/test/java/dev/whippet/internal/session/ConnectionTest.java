package dev.whippet.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.link.Endpoint;
import dev.whippet.internal.outbox.Entry;
import dev.whippet.internal.outbox.GapReport;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxConfig;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.wire.Command;
import dev.whippet.testkit.ScriptedPeer;
import dev.whippet.testkit.ScriptedPeer.Twist;
import java.io.File;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the net thread does while it waits. */
@Timeout(300)
final class ConnectionTest {
  @TempDir File directory;

  private final AtomicLong asked = new AtomicLong();
  private final AtomicReference<Connection> connection = new AtomicReference<>();

  /** Counts how often the net thread looks at it: some times in each turn. */
  private final Clock clock =
      new Clock() {
        @Override
        public long millis() {
          asked.incrementAndGet();
          return super.millis();
        }
      };

  private final Outbox.Listener waker =
      new Outbox.Listener() {
        @Override
        public void stored(long upToSequence) {
          connection.get().wake();
        }

        @Override
        public void failed(long first, long last, OutboxException cause) {}

        @Override
        public void gap(GapReport gap) {}
      };

  @Test
  void aBatchThatMayNotLeaveYetCostsNoTurns() throws Exception {
    CountDownLatch firstSent = new CountDownLatch(1);
    CountDownLatch linkLost = new CountDownLatch(1);
    SessionObserver observer =
        new SessionObserver() {
          @Override
          public void attemptFailed(int failures, String reason, long delayMillis) {
            linkLost.countDown();
          }
        };
    try (ScriptedPeer peer = ScriptedPeer.stock().topic("s/t", 1);
        Outbox outbox = Outbox.open(OutboxConfig.builder(directory).build(), Disk.SYSTEM, waker);
        Connection net = new Connection(config(peer), outbox, observer, clock)) {
      peer.script((request, code) -> stallAtSend(code, firstSent));
      connection.set(net);
      net.start();
      Entry entry = new Entry().payload(new byte[10]).route(outbox.routeFor("s", "t"));
      outbox.send(entry);
      firstSent.await();
      asked.set(0);

      outbox.send(entry); // a stock server has one request in flight: this one waits
      linkLost.await();

      assertThat(asked).as("looks at the clock in a second of waiting").hasValueLessThan(2_000);
    }
  }

  private static Twist stallAtSend(int code, CountDownLatch sent) {
    if (code != Command.SEND_MESSAGES) {
      return Twist.NONE;
    }
    sent.countDown();
    return Twist.STALL;
  }

  private static SessionConfig config(ScriptedPeer peer) {
    SessionConfig config = new SessionConfig();
    config.endpoints = Collections.singletonList(Endpoint.parse(peer.tcpUrl()));
    config.identity = () -> new Identity("user", "secret");
    config.requestTimeoutMillis = 1_000;
    return config;
  }
}
