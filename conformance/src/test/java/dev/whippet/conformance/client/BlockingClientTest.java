package dev.whippet.conformance.client;

import java.net.InetSocketAddress;
import org.apache.iggy.client.blocking.ConsumerOffsetsClient;
import org.apache.iggy.client.blocking.MessagesClient;
import org.apache.iggy.client.blocking.StreamsClient;
import org.apache.iggy.client.blocking.SystemClient;
import org.apache.iggy.client.blocking.TopicsClient;
import org.apache.iggy.client.blocking.tcp.IggyTcpClient;

class BlockingClientTest extends OfficialClientContract {
  private IggyTcpClient client;

  @Override
  void connect(InetSocketAddress address, String user, String password) {
    client =
        IggyTcpClient.builder()
            .host(address.getHostString())
            .port(address.getPort())
            .credentials(user, password)
            .connectionPoolSize(1)
            .build();
    client.connect();
    client.login();
  }

  @Override
  void disconnect() {
    client.close();
  }

  @Override
  SystemClient system() {
    return client.system();
  }

  @Override
  StreamsClient streams() {
    return client.streams();
  }

  @Override
  TopicsClient topics() {
    return client.topics();
  }

  @Override
  MessagesClient messages() {
    return client.messages();
  }

  @Override
  ConsumerOffsetsClient offsets() {
    return client.consumerOffsets();
  }
}
