package dev.whippet.broker.internal.tls;

import dev.whippet.broker.internal.system.RootCause;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * The server's side of TLS 1.2 and 1.3, by the JDK. The signatures of handshakes are made on one
 * thread of its own, {@code whippet-tls}, so that a thousand peers that come back at once don't
 * hold up a loop.
 *
 * <p>{@link #handler} may be called on any thread; {@link #reload} blocks and is called by one
 * thread at a time. Connections keep what they began with.
 */
public final class TlsServer implements AutoCloseable {
  private static final long HANDSHAKE_MILLIS_MAX = 10_000;
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
  private static final long IDLE_SECONDS = 10;

  private final TlsFiles files;
  private final ExecutorService handshakes;
  private volatile SslContext context;
  private List<Object> fingerprint;

  private TlsServer(TlsFiles files, List<Object> fingerprint, SslContext context) {
    this.files = files;
    this.fingerprint = fingerprint;
    this.context = context;
    // Not bounded by itself: a connection has one task at most, and connections are bounded
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "whippet-tls");
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    this.handshakes = pool;
  }

  /** Reads the files, and throws what is wrong with them. Blocks. */
  public static void check(TlsFiles files) throws TlsException {
    load(files);
  }

  /** Reads the files. Blocks. */
  public static TlsServer open(TlsFiles files) throws TlsException {
    List<Object> fingerprint = fingerprint(files);
    return new TlsServer(files, fingerprint, load(files));
  }

  /** The first handler of a new connection. */
  public SslHandler handler(ByteBufAllocator alloc) {
    SslHandler handler = context.newHandler(alloc, handshakes);
    handler.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS_MAX);
    handler.setCumulator(TlsServer::cumulate);
    return handler;
  }

  /**
   * An unfinished record is kept in memory of its own size: the buffer that it arrived in is the
   * loop's.
   */
  private static ByteBuf cumulate(ByteBufAllocator alloc, ByteBuf before, ByteBuf in) {
    if (before.isReadable()) {
      return ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(alloc, before, in);
    }
    before.release();
    try {
      return alloc.buffer(in.readableBytes()).writeBytes(in);
    } finally {
      in.release();
    }
  }

  /**
   * Loads the files if they changed; new connections get what they hold now.
   *
   * @return whether they changed
   * @throws TlsException when they can't be used: what was loaded before holds on, and the same
   *     files are not tried again
   */
  public boolean reload() throws TlsException {
    List<Object> now = fingerprint(files);
    if (now.equals(fingerprint)) {
      return false;
    }
    fingerprint = now;
    context = load(files);
    return true;
  }

  /** Of which files, for logs. */
  public TlsFiles files() {
    return files;
  }

  @Override
  public void close() {
    handshakes.shutdown();
  }

  private static SslContext load(TlsFiles files) throws TlsException {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forServer(files.certificate().toFile(), files.key().toFile())
              .sslProvider(SslProvider.JDK)
              .protocols(PROTOCOLS);
      SslContext context = builder.build();
      requireFit(files, context);
      if (files.authorities() == null) {
        return context;
      }
      return builder
          .trustManager(files.authorities().toFile())
          .clientAuth(files.required() ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL)
          .build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new TlsException(
          "TLS can't use "
              + files.certificate()
              + " and "
              + files.key()
              + (files.authorities() == null ? "" : " and " + files.authorities())
              + ": "
              + RootCause.text(e)
              + ": give PEM files: the certificate with its chain, and its key as PKCS#8 without a"
              + " password (openssl pkcs8 -topk8 -nocrypt makes one)",
          e);
    }
  }

  private static void requireFit(TlsFiles files, SslContext context) throws TlsException {
    try {
      Rehearsal.play(context);
    } catch (SSLException e) {
      throw new TlsException(
          "the certificate in "
              + files.certificate()
              + " and the key in "
              + files.key()
              + " don't fit: a handshake with them fails: "
              + RootCause.text(e)
              + ": give the key that the certificate was made for",
          e);
    }
  }

  /** Sizes, times and identities of the files: links may be exchanged, too. */
  private static List<Object> fingerprint(TlsFiles files) throws TlsException {
    List<Object> facts = new ArrayList<>();
    for (Path file : files.all()) {
      try {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        facts.add(now.size());
        facts.add(now.lastModifiedTime());
        facts.add(String.valueOf(now.fileKey()));
      } catch (IOException e) {
        throw new TlsException("TLS file " + file + " can't be read: " + e, e);
      }
    }
    return facts;
  }
}
