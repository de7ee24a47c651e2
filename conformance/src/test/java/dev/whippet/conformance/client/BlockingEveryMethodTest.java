package dev.whippet.conformance.client;

import java.net.InetSocketAddress;
import org.apache.iggy.client.blocking.IggyBaseClient;
import org.apache.iggy.client.blocking.tcp.IggyTcpClient;

class BlockingEveryMethodTest extends EveryMethodContract {
  private IggyTcpClient client;

  @Override
  IggyBaseClient connect(InetSocketAddress address) {
    client =
        IggyTcpClient.builder()
            .host(address.getHostString())
            .port(address.getPort())
            .credentials("iggy", "iggy")
            .connectionPoolSize(1)
            .build();
    client.connect();
    client.login();
    return Faces.of(IggyTcpClient.class, client, recorder);
  }

  @Override
  void disconnect() {
    client.close();
  }

  @Override
  boolean hasMembership() {
    return true;
  }
}
