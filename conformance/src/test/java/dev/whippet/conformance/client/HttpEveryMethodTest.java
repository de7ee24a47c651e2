package dev.whippet.conformance.client;

import java.net.InetSocketAddress;
import java.util.Set;
import org.apache.iggy.client.blocking.IggyBaseClient;
import org.apache.iggy.client.blocking.http.IggyHttpClient;

/** Over HTTP there is no connection that could be a member, nor one to ask about (8.4). */
class HttpEveryMethodTest extends EveryMethodContract {
  private IggyHttpClient client;

  @Override
  IggyBaseClient connect(InetSocketAddress address) {
    client =
        IggyHttpClient.builder()
            .url("http://" + address.getHostString() + ":" + address.getPort())
            .credentials("iggy", "iggy")
            .build();
    client.login();
    return Faces.of(IggyHttpClient.class, client, recorder);
  }

  @Override
  void disconnect() throws Exception {
    client.close();
  }

  @Override
  boolean hasMembership() {
    return false;
  }

  @Override
  Set<String> impossible() {
    return Set.of(
        "ConsumerGroupsClient.joinConsumerGroup(Long,Long,Long)",
        "ConsumerGroupsClient.joinConsumerGroup(StreamId,TopicId,ConsumerId)",
        "ConsumerGroupsClient.leaveConsumerGroup(Long,Long,Long)",
        "ConsumerGroupsClient.leaveConsumerGroup(StreamId,TopicId,ConsumerId)",
        "SystemClient.getMe()");
  }
}
