package dev.whippet.internal.link;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Turns a name into addresses; may block as long as it likes. Any thread. */
public interface Resolver {
  /** The platform's. */
  Resolver SYSTEM =
      new Resolver() {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
          return InetAddress.getAllByName(host);
        }
      };

  InetAddress[] resolve(String host) throws UnknownHostException;
}
