package dev.whippet.conformance.client;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.iggy.client.async.tcp.AsyncIggyTcpClient;
import org.apache.iggy.client.blocking.ConsumerOffsetsClient;
import org.apache.iggy.client.blocking.MessagesClient;
import org.apache.iggy.client.blocking.StreamsClient;
import org.apache.iggy.client.blocking.SystemClient;
import org.apache.iggy.client.blocking.TopicsClient;

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
            .build();
    await(client.connect());
    await(client.login());
  }

  @Override
  void disconnect() throws Exception {
    await(client.close());
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
