package dev.whippet.samples.gateway;

import dev.whippet.Batch;
import dev.whippet.Consumer;
import dev.whippet.Credentials;
import dev.whippet.ReceivedMessage;
import dev.whippet.WhippetClient;
import dev.whippet.broker.Broker;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** An application that embeds the broker and consumes what devices send to it. */
public final class Gateway {

  /** Arguments: data directory, listen address, for example {@code data 0.0.0.0:8090}. */
  public static void main(String[] args) throws Exception {
    if (args.length != 2) {
      System.err.println("usage: gateway DATA-DIRECTORY HOST:PORT");
      System.exit(2);
    }
    String password = System.getenv().getOrDefault("IGGY_ROOT_PASSWORD", "iggy");
    try (Broker broker =
            Broker.builder()
                .dataDirectory(Path.of(args[0]))
                .listen(args[1])
                .rootPassword(password)
                .start();
        WhippetClient client =
            WhippetClient.builder()
                .url("ws://127.0.0.1:" + broker.port())
                .credentials(Credentials.password("iggy", password))
                .open();
        Consumer consumer = client.consumer("readings", "sensors").name("gateway").open()) {
      System.out.println(broker.health());
      while (true) {
        Batch batch = consumer.poll(100, 1, TimeUnit.SECONDS);
        for (ReceivedMessage message : batch) {
          System.out.println(message.offset() + " " + message.text());
        }
      }
    }
  }
}
