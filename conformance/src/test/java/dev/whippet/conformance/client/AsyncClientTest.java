package dev.whippet.conformance.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.iggy.client.async.tcp.AsyncIggyTcpClient;
import org.apache.iggy.client.blocking.ConsumerOffsetsClient;
import org.apache.iggy.client.blocking.MessagesClient;
import org.apache.iggy.client.blocking.StreamsClient;
import org.apache.iggy.client.blocking.SystemClient;
import org.apache.iggy.client.blocking.TopicsClient;
import org.apache.iggy.consumergroup.Consumer;
import org.apache.iggy.message.Message;
import org.apache.iggy.message.Partitioning;
import org.apache.iggy.message.PollingStrategy;
import org.junit.jupiter.api.Test;

/** The asynchronous interfaces have the blocking ones' methods; each future is awaited here. */
class AsyncClientTest extends OfficialClientContract {
  private static final int ANSWER_TIMEOUT_SECONDS = 30;

  private AsyncIggyTcpClient client;

  @Override
  void connect(InetSocketAddress address, String user, String password) throws Exception {
    client =
        AsyncIggyTcpClient.builder()
            .host(address.getHostString())
            .port(address.getPort())
            .credentials(user, password)
            .connectionPoolSize(1)
            .build();
    await(client.connect());
    await(client.login());
  }

  @Override
  void disconnect() throws Exception {
    await(client.close());
  }

  @Test
  void aPoolOfConnectionsSendsAtOnce() throws Exception {
    createStreamAndTopic(1);
    AsyncIggyTcpClient pooled =
        AsyncIggyTcpClient.builder()
            .host(address().getHostString())
            .port(address().getPort())
            .credentials("iggy", "iggy")
            .connectionPoolSize(5)
            .build();
    await(pooled.connect());
    await(pooled.login());
    List<CompletableFuture<Void>> sends = new ArrayList<>();
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      payloads.add("m" + i);
      List<Message> one = List.of(Message.of("m" + i));
      sends.add(pooled.messages().sendMessages(STREAM, TOPIC, Partitioning.partitionId(0L), one));
    }

    for (CompletableFuture<Void> send : sends) {
      await(send);
    }

    assertThat(
            messages()
                .pollMessages(
                    STREAM,
                    TOPIC,
                    Optional.of(0L),
                    Consumer.of(1L),
                    PollingStrategy.first(),
                    1000L,
                    false)
                .messages())
        .extracting(message -> new String(message.payload(), StandardCharsets.UTF_8))
        .containsExactlyInAnyOrderElementsOf(payloads);
    await(pooled.close());
  }

  @Override
  SystemClient system() {
    return awaiting(
        SystemClient.class, org.apache.iggy.client.async.SystemClient.class, client.system());
  }

  @Override
  StreamsClient streams() {
    return awaiting(
        StreamsClient.class, org.apache.iggy.client.async.StreamsClient.class, client.streams());
  }

  @Override
  TopicsClient topics() {
    return awaiting(
        TopicsClient.class, org.apache.iggy.client.async.TopicsClient.class, client.topics());
  }

  @Override
  MessagesClient messages() {
    return awaiting(
        MessagesClient.class, org.apache.iggy.client.async.MessagesClient.class, client.messages());
  }

  @Override
  ConsumerOffsetsClient offsets() {
    return awaiting(
        ConsumerOffsetsClient.class,
        org.apache.iggy.client.async.ConsumerOffsetsClient.class,
        client.consumerOffsets());
  }

  private static <B, A> B awaiting(Class<B> blocking, Class<A> asynchronous, A target) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
          }
          Object future =
              asynchronous
                  .getMethod(method.getName(), method.getParameterTypes())
                  .invoke(target, arguments);
          return await((CompletableFuture<?>) future);
        };
    return blocking.cast(
        Proxy.newProxyInstance(blocking.getClassLoader(), new Class<?>[] {blocking}, handler));
  }

  private static Object await(CompletableFuture<?> future) throws Exception {
    try {
      return future.get(ANSWER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }
}
