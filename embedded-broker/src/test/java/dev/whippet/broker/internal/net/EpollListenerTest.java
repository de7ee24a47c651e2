package dev.whippet.broker.internal.net;

class EpollListenerTest extends ListenerContract {
  @Override
  Transport.Kind kind() {
    return Transport.Kind.EPOLL;
  }
}
