package dev.whippet.broker.testkit;

import dev.whippet.Consumer;
import dev.whippet.Credentials;
import dev.whippet.ReceivedMessage;
import dev.whippet.WhippetClient;
import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.testkit.LinkTwin;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A broker for each test of an application, in the test's own process, with a bad network in front
 * of it; JUnit 5.
 *
 * <pre>
 * &#64;RegisterExtension final BrokerExtension broker = new BrokerExtension();
 *
 * &#64;Test void survivesACut(&#64;TempDir File outbox) throws Exception {
 *   try (WhippetClient client = broker.client().outbox(outbox).open()) {
 *     client.send(Message.of("21.5"));
 *     broker.network().cut();
 *     client.flush(1, TimeUnit.MINUTES);
 *   }
 *   assertEquals(List.of("21.5"), broker.texts());
 * }
 * </pre>
 *
 * <p>Port 0, a temporary directory that goes with the test, user "iggy". One test at a time.
 */
public final class BrokerExtension implements BeforeEachCallback, AfterEachCallback {
  /** Where clients send to unless they say something else. */
  public static final String STREAM = "test";

  public static final String TOPIC = "test";

  private static final String PASSWORD = "iggy";

  private Path directory;
  private Broker broker;
  private LinkTwin network;
  private int port;

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    directory = Files.createTempDirectory("whippet-broker");
    port = 0;
    start();
    network = LinkTwin.to(port, Long.getLong("whippet.seed", 1));
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    network.close();
    broker.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }

  private void start() throws Exception {
    BrokerConfig.Builder config =
        Broker.builder()
            .listen("127.0.0.1:" + port)
            .dataDirectory(directory)
            .loops(1)
            .rootPassword(PASSWORD);
    broker = config.start();
    port = broker.port();
  }

  /** The broker of this test. */
  public Broker broker() {
    return broker;
  }

  /** The network between {@link #client} and the broker. */
  public LinkTwin network() {
    return network;
  }

  /** Stops the broker and starts it on the same data and port. */
  public void restart() throws Exception {
    broker.close();
    start();
  }

  /** For clients through the {@link #network}; the topic is made when it is missing. */
  public WhippetClient.Builder client() {
    return client("ws://127.0.0.1:" + network.port());
  }

  /** As {@link #client}, past the network: for a test's own look at the broker. */
  public WhippetClient.Builder direct() {
    return client("tcp://127.0.0.1:" + port);
  }

  private WhippetClient.Builder client(String url) {
    return WhippetClient.builder()
        .url(url)
        .credentials(Credentials.password("iggy", PASSWORD))
        .destination(STREAM, TOPIC)
        .createIfMissing(1)
        .backoff(10, 200, TimeUnit.MILLISECONDS);
  }

  /** What the broker has stored in the topic so far, as text, in order of each partition. */
  public List<String> texts() throws InterruptedException, IOException {
    List<String> texts = new ArrayList<>();
    try (WhippetClient reader = direct().open();
        Consumer consumer =
            reader.consumer().name("texts").startAtFirst().autoCommit(false).open()) {
      boolean more = true;
      while (more) {
        more = false;
        for (ReceivedMessage message : consumer.poll(1_000, 0, TimeUnit.SECONDS)) {
          texts.add(message.text());
          more = true;
        }
      }
    }
    return texts;
  }
}
