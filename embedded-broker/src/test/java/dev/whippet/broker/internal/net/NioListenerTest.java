package dev.whippet.broker.internal.net;

class NioListenerTest extends ListenerContract {
  @Override
  Transport.Kind kind() {
    return Transport.Kind.NIO;
  }
}
