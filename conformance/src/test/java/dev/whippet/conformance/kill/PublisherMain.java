package dev.whippet.conformance.kill;

import dev.whippet.ClientEvents;
import dev.whippet.Credentials;
import dev.whippet.Gap;
import dev.whippet.Message;
import dev.whippet.OverflowPolicy;
import dev.whippet.Receipt;
import dev.whippet.WhippetClient;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A publisher that is killed: {@code <url> <outbox> <receipts> <run>}. It sends readings through
 * the SDK until a byte arrives on its standard input, and writes each receipt "stored" down before
 * it forgets it, one unbuffered write per line:
 *
 * <pre>
 * stored <run> <number> <crc32 of the payload, hex>
 * gap <text>
 * </pre>
 *
 * <p>Then it waits until everything is delivered and ends with status 0.
 */
public final class PublisherMain {
  private static final int BURST_MAX = 40;
  private static final int PAUSE_MICROS_MAX = 8_000;
  private static final int FLUSH_SECONDS = 60;

  private PublisherMain() {}

  public static void main(String[] args) throws Exception {
    int run = Integer.parseInt(args[3]);
    Random random = new Random(run);
    AtomicBoolean finish = new AtomicBoolean();
    Thread input = new Thread(() -> awaitInput(finish), "input");
    input.setDaemon(true);
    input.start();
    try (FileOutputStream receipts = new FileOutputStream(args[2], true);
        WhippetClient client = open(args[0], new File(args[1]), receipts)) {
      long number = 0;
      while (!finish.get()) {
        for (int burst = 1 + random.nextInt(BURST_MAX); burst > 0; burst--) {
          Reading reading = Reading.random(run, number++, random);
          Message message =
              Message.builder().payload(reading.encode()).partition(reading.partition()).build();
          client.send(
              message,
              receipt -> {
                if (receipt.state() == Receipt.State.STORED) {
                  write(receipts, "stored " + reading.key());
                }
              });
        }
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(PAUSE_MICROS_MAX)));
      }
      boolean delivered = client.flush(FLUSH_SECONDS, TimeUnit.SECONDS);
      System.out.println((delivered ? "delivered: " : "not delivered: ") + client.backlog());
      if (!delivered) {
        System.exit(1);
      }
    }
  }

  private static WhippetClient open(String url, File outbox, FileOutputStream receipts) {
    return WhippetClient.builder()
        .url(url)
        .credentials(Credentials.password("iggy", "iggy"))
        .outbox(outbox)
        .destination(KillTest.STREAM, KillTest.TOPIC)
        .overflow(OverflowPolicy.block(30, TimeUnit.SECONDS))
        .backoff(20, 200, TimeUnit.MILLISECONDS)
        .events(
            new ClientEvents() {
              @Override
              public void gap(Gap gap) {
                write(receipts, "gap " + gap);
              }
            })
        .open();
  }

  private static void write(FileOutputStream file, String line) {
    try {
      file.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    } catch (IOException full) {
      full.printStackTrace();
      Runtime.getRuntime().halt(3);
    }
  }

  private static void awaitInput(AtomicBoolean finish) {
    try {
      System.in.read();
    } catch (IOException closed) {
      // the parent is gone: finish as well
    }
    finish.set(true);
  }
}
