package dev.whippet.conformance.client;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.apache.iggy.client.async.tcp.AsyncIggyTcpClient;
import org.apache.iggy.client.blocking.IggyBaseClient;

class AsyncEveryMethodTest extends EveryMethodContract {
  private AsyncIggyTcpClient client;

  @Override
  IggyBaseClient connect(InetSocketAddress address) throws Exception {
    client =
        AsyncIggyTcpClient.builder()
            .host(address.getHostString())
            .port(address.getPort())
            .credentials("iggy", "iggy")
            .connectionPoolSize(1)
            .build();
    client.connect().get(180, TimeUnit.SECONDS);
    client.login().get(180, TimeUnit.SECONDS);
    return Faces.of(AsyncIggyTcpClient.class, client, recorder);
  }

  @Override
  void disconnect() throws Exception {
    client.close().get(180, TimeUnit.SECONDS);
  }

  @Override
  boolean hasMembership() {
    return true;
  }
}
