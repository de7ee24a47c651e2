package dev.whippet.broker.internal.identity;

import io.netty.util.NetUtil;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bounds how fast passwords can be guessed: failures count against the address they came from and
 * against the user they were for.
 *
 * <pre>
 *            at once   then one more every
 * address    100       200 ms
 * user        30         1 s     not for addresses from which the user has logged in
 * </pre>
 *
 * <p>Who is above a bound is refused without a look at the password, right or wrong: so one must
 * not be able to lock others out. A successful login clears both counts, and its address is let in
 * for this user whatever others try elsewhere. An address is what stands before the port, of IPv6
 * its first 64 bits. Each table holds the {@value #KEYS_MAX} keys used last. Lives on one loop;
 * time is a parameter.
 */
public final class LoginThrottle {

  /** Entries of each table. */
  static final int KEYS_MAX = 10_000;

  private static final long TOLD_MILLIS = 60_000;

  private final Table addresses = new Table(100, 200);
  private final Table users = new Table(30, 1_000);
  private final Map<String, Boolean> known = new Recent<>();

  /** Whether a login may be tried; {@link #refusal} tells what to log when not. */
  public boolean admits(String address, String user, long nowMillis) {
    String source = source(address);
    return !addresses.full(source, nowMillis)
        && (!users.full(user, nowMillis) || known.containsKey(pair(source, user)));
  }

  /**
   * After {@link #admits} said no: a line for the log, or {@code null} when this was told within
   * the last minute.
   */
  public String refusal(String address, String user, long nowMillis) {
    String source = source(address);
    boolean byAddress = addresses.full(source, nowMillis);
    boolean tell = byAddress ? addresses.tell(source, nowMillis) : users.tell(user, nowMillis);
    if (!tell) {
      return null;
    }
    return byAddress
        ? "too many failed logins from " + source + ": refused, one more every 200 ms is tried"
        : "too many failed logins as "
            + Printable.of(user)
            + ", now from "
            + source
            + ": refused, one more every second is tried; addresses it logged in from are let in";
  }

  /** Name or password was wrong. */
  public void failed(String address, String user, long nowMillis) {
    addresses.count(source(address), nowMillis);
    users.count(user, nowMillis);
  }

  /** The login succeeded. */
  public void succeeded(String address, String user) {
    String source = source(address);
    addresses.forget(source);
    users.forget(user);
    known.put(pair(source, user), Boolean.TRUE);
  }

  /** Entries of all tables. */
  int entries() {
    return addresses.counts.size() + users.counts.size() + known.size();
  }

  /** Of {@code ip:port} or {@code [ip]:port}. */
  private static String source(String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? address : address.substring(0, colon);
    if (!host.startsWith("[")) {
      return host;
    }
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host.substring(1, host.length() - 1));
    return bytes == null || bytes.length != 16
        ? host
        : HexFormat.ofDelimiter(":").formatHex(bytes, 0, 8) + "/64";
  }

  private static String pair(String address, String user) {
    return address + ' ' + user;
  }

  /** The entries used last. */
  private static final class Recent<T> extends LinkedHashMap<String, T> {
    private static final long serialVersionUID = 1L;

    Recent() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
      return size() > KEYS_MAX;
    }
  }

  /** When the failures of a key are all forgotten, and when its refusal was told. */
  private static final class Count {
    long clearAtMillis;
    long toldAtMillis = Long.MIN_VALUE / 2;
  }

  /** Failures by key: {@code atOnce}, and one more every {@code everyMillis}. */
  private static final class Table {
    private final Map<String, Count> counts = new Recent<>();
    private final long atOnce;
    private final long everyMillis;

    Table(long atOnce, long everyMillis) {
      this.atOnce = atOnce;
      this.everyMillis = everyMillis;
    }

    boolean full(String key, long nowMillis) {
      Count count = counts.get(key);
      return count != null && count.clearAtMillis - nowMillis > (atOnce - 1) * everyMillis;
    }

    void count(String key, long nowMillis) {
      Count count = counts.computeIfAbsent(key, absent -> new Count());
      count.clearAtMillis = Math.max(count.clearAtMillis, nowMillis) + everyMillis;
    }

    boolean tell(String key, long nowMillis) {
      Count count = counts.get(key);
      if (count == null || nowMillis - count.toldAtMillis < TOLD_MILLIS) {
        return false;
      }
      count.toldAtMillis = nowMillis;
      return true;
    }

    void forget(String key) {
      counts.remove(key);
    }
  }
}
