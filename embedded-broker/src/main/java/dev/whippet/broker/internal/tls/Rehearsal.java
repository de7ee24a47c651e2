package dev.whippet.broker.internal.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;

/**
 * A server's handshake with a client that trusts everybody, in memory: it fails when the key is not
 * the certificate's, or is of a kind that nobody may use. Blocks for some milliseconds of
 * computing.
 */
final class Rehearsal {
  private Rehearsal() {}

  /** Throws what the client or the server would say. {@code server} asks for no certificates. */
  static void play(SslContext server) throws SSLException {
    SslContext client =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null)
            .build();
    SslHandler own = server.newHandler(UnpooledByteBufAllocator.DEFAULT);
    SslHandler peer = client.newHandler(UnpooledByteBufAllocator.DEFAULT);
    EmbeddedChannel here = new EmbeddedChannel(own);
    EmbeddedChannel there = new EmbeddedChannel(peer);
    try {
      boolean moved = true;
      while (moved && !(own.handshakeFuture().isDone() && peer.handshakeFuture().isDone())) {
        moved = move(there, here) | move(here, there);
      }
    } catch (Exception said) { // of any kind: it comes out of the pipeline as it is
      throw new SSLException(said);
    } finally {
      here.finishAndReleaseAll();
      there.finishAndReleaseAll();
    }
    if (!own.handshakeFuture().isSuccess() || !peer.handshakeFuture().isSuccess()) {
      throw new SSLException("a handshake does not end");
    }
  }

  private static boolean move(EmbeddedChannel from, EmbeddedChannel to) {
    boolean moved = false;
    ByteBuf bytes;
    while ((bytes = from.readOutbound()) != null) {
      to.writeInbound(bytes);
      moved = true;
    }
    return moved;
  }
}
