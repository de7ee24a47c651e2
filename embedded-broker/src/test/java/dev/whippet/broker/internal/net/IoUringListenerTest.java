package dev.whippet.broker.internal.net;

class IoUringListenerTest extends ListenerContract {
  @Override
  Transport.Kind kind() {
    return Transport.Kind.IO_URING;
  }
}
