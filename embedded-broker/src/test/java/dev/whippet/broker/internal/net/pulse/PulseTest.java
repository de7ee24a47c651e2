package dev.whippet.broker.internal.net.pulse;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PulseTest {
  private final ScriptedPeer peer = new ScriptedPeer();
  private final Pulse pulse = new Pulse(peer);

  @Test
  void aBusyPeerIsNotPinged() {
    for (int i = 0; i < 5; i++) {
      peer.frames++;
      pulse.intervalOver();
    }

    assertThat(peer.pings).isEmpty();
  }

  @Test
  void aSilentPeerIsPingedOnceAndIsGoneAfterTheNextInterval() {
    pulse.intervalOver();
    assertThat(peer.pings).hasSize(1);
    assertThat(peer.gone).isZero();

    pulse.intervalOver();

    assertThat(peer.pings).hasSize(1);
    assertThat(peer.gone).isOne();
  }

  @Test
  void thePongWithItsPayloadIsAnAnswer() {
    for (int i = 0; i < 5; i++) {
      pulse.intervalOver();
      pulse.pong(peer.pings.get(i));
    }

    assertThat(peer.pings).hasSize(5).doesNotHaveDuplicates();
    assertThat(peer.gone).isZero();
  }

  @Test
  void anotherPongIsNone() {
    pulse.intervalOver();
    ByteBuf first = peer.pings.get(0).copy();
    pulse.pong(first.duplicate());
    pulse.intervalOver();
    pulse.pong(first.duplicate()); // of an earlier ping
    pulse.pong(Unpooled.EMPTY_BUFFER);
    pulse.pong(Unpooled.buffer().writeLong(0));
    pulse.pong(peer.pings.get(1).copy().writeByte(0));

    pulse.intervalOver();

    assertThat(peer.gone).isOne();
  }

  @Test
  void aRequestIsAnAnswerToo() {
    pulse.intervalOver();
    peer.frames++;
    pulse.intervalOver();
    assertThat(peer.gone).isZero();

    pulse.intervalOver();

    assertThat(peer.pings).hasSize(2);
    assertThat(peer.gone).isZero();
  }

  private static final class ScriptedPeer implements Pulse.Peer {
    final List<ByteBuf> pings = new ArrayList<>();
    long frames;
    int gone;

    @Override
    public long frames() {
      return frames;
    }

    @Override
    public void ping(ByteBuf payload) {
      pings.add(payload);
    }

    @Override
    public void gone() {
      gone++;
    }
  }
}
