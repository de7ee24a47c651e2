package dev.whippet.broker.internal.net;

import org.junit.jupiter.api.Nested;

class IoUringListenerTest {
  private static final Transport.Kind KIND = Transport.Kind.IO_URING;

  @Nested
  class Requests extends RequestsContract {
    @Override
    Transport.Kind kind() {
      return KIND;
    }
  }

  @Nested
  class Connections extends ConnectionsContract {
    @Override
    Transport.Kind kind() {
      return KIND;
    }
  }

  @Nested
  class Floods extends FloodsContract {
    @Override
    Transport.Kind kind() {
      return KIND;
    }
  }
}
