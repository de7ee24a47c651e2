package dev.whippet.conformance.server;

import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.broker.BrokerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A broker in this process with the root user iggy / iggy, on a free port and a fresh directory.
 */
public final class BrokerUnderTest implements AutoCloseable {
  /** What a stock server has; status 1019 compares with it. */
  private static final long SEGMENT_BYTES = 1L << 30;

  private final Path directory;
  private final Broker broker;

  private BrokerUnderTest(Path directory, Broker broker) {
    this.directory = directory;
    this.broker = broker;
  }

  public static BrokerUnderTest start() throws IOException, BrokerException {
    return start(BrokerConfig.Transport.AUTO);
  }

  public static BrokerUnderTest start(BrokerConfig.Transport transport)
      throws IOException, BrokerException {
    Path directory = Files.createTempDirectory("whippet-conformance");
    Broker broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .rootUsername("iggy")
            .rootPassword("iggy")
            .segmentBytes(SEGMENT_BYTES)
            .allowOrigin("*") // a stock server asks no page where it comes from
            .loops(2)
            .transport(transport)
            .start();
    return new BrokerUnderTest(directory, broker);
  }

  /** TCP and WebSocket share one port. */
  public InetSocketAddress address() {
    return broker.addresses().get(0);
  }

  public Broker broker() {
    return broker;
  }

  @Override
  public void close() {
    broker.close();
    delete(directory);
  }

  /** Removes a directory with everything in it. */
  public static void delete(Path directory) {
    try (Stream<Path> walk = Files.walk(directory)) {
      List<Path> deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException undeletable) {
      throw new UncheckedIOException(undeletable);
    }
  }
}
