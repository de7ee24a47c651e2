package dev.whippet.samples.demo;

import dev.whippet.Batch;
import dev.whippet.Consumer;
import dev.whippet.Credentials;
import dev.whippet.ReceivedMessage;
import dev.whippet.WhippetClient;
import dev.whippet.WhippetException;
import dev.whippet.samples.sensor.Ledger;
import dev.whippet.samples.sensor.Reading;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * The consumer: reads the topic from its first message, writes each message down in its own ledger,
 * and measures. One thread of its own; figures may be asked for from any thread.
 */
final class Watch implements AutoCloseable {

  private static final int POLL_MESSAGES_MAX = 1000;
  private static final long MICROS_MAX = TimeUnit.MINUTES.toMicros(10);

  private final WhippetClient client;
  private final Ledger ledger;
  private final Thread thread;
  private final Recorder latencyMicros = new Recorder(MICROS_MAX, 2);
  private final AtomicLong received = new AtomicLong();
  private volatile boolean closed;

  Watch(int brokerPort, Path ledgerFile) throws IOException {
    ledger = Ledger.append(ledgerFile);
    client =
        WhippetClient.builder()
            .url("ws://127.0.0.1:" + brokerPort)
            .credentials(
                Credentials.password(BrokerProcess.ROOT_USERNAME, BrokerProcess.ROOT_PASSWORD))
            .backoff(100, 1_000, TimeUnit.MILLISECONDS)
            .requestTimeout(2, TimeUnit.SECONDS)
            .open();
    client.admin().createStream(Demo.STREAM);
    client.admin().createTopic(Demo.STREAM, Demo.TOPIC, 1);
    thread = new Thread(this::run, "watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try (Consumer consumer =
        client.consumer(Demo.STREAM, Demo.TOPIC).name("watch").startAtFirst().open()) {
      while (!closed) {
        Batch batch = consumer.poll(POLL_MESSAGES_MAX, 200, TimeUnit.MILLISECONDS);
        if (!batch.isEmpty()) {
          take(batch);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (WhippetException e) {
      if (!closed) {
        throw e;
      }
    }
  }

  private void take(Batch batch) {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    List<Ledger.Line> lines = new ArrayList<>(batch.size());
    for (ReceivedMessage message : batch) {
      byte[] payload = message.payload();
      Reading reading = Reading.parse(payload);
      lines.add(Ledger.Line.of(reading.publisher(), reading.sequence(), payload));
      long micros = now - message.originTimestampMicros();
      latencyMicros.recordValue(Math.max(0, Math.min(MICROS_MAX, micros)));
    }
    ledger.write(lines);
    received.addAndGet(lines.size());
  }

  long received() {
    return received.get();
  }

  /** Latencies from {@code send} to consumed, in microseconds, since the last call. */
  Histogram takeLatencies() {
    return latencyMicros.getIntervalHistogram();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    client.close();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ledger.close();
  }
}
