package dev.whippet.testkit;

import java.util.Random;

/** What a {@link LinkTwin} does to one connection, from its beginning on. Immutable. */
public final class LinkFault {
  /** Towards the server, or back from it. */
  public enum Way {
    UP,
    DOWN
  }

  enum Kind {
    NONE,
    RESET_AT_START,
    SILENT,
    PAGE,
    TLS_ALERT,
    RESET_AT,
    CORRUPT_AT,
    STALL_AT
  }

  final Kind kind;
  final Way way;
  final long atByte;

  private LinkFault(Kind kind, Way way, long atByte) {
    this.kind = kind;
    this.way = way;
    this.atByte = atByte;
  }

  /** Everything passes. */
  public static LinkFault none() {
    return new LinkFault(Kind.NONE, Way.UP, 0);
  }

  /** Accepted, and reset at once. */
  public static LinkFault resetAtStart() {
    return new LinkFault(Kind.RESET_AT_START, Way.UP, 0);
  }

  /** Accepted, and never a word: what is said is swallowed. */
  public static LinkFault silent() {
    return new LinkFault(Kind.SILENT, Way.UP, 0);
  }

  /** A captive portal: whatever is said is answered with a page of HTTP. */
  public static LinkFault captivePortal() {
    return new LinkFault(Kind.PAGE, Way.UP, 0);
  }

  /** Whatever is said is answered with a fatal alert of TLS, "handshake failure". */
  public static LinkFault tlsAlert() {
    return new LinkFault(Kind.TLS_ALERT, Way.UP, 0);
  }

  /** Reset when so many bytes have passed that way. */
  public static LinkFault resetAt(Way way, long atByte) {
    return new LinkFault(Kind.RESET_AT, way, atByte);
  }

  /** The byte of that number, from 0, arrives with one bit turned. */
  public static LinkFault corruptAt(Way way, long atByte) {
    return new LinkFault(Kind.CORRUPT_AT, way, atByte);
  }

  /** Half-open: from that byte on nothing passes that way, and nobody is told. */
  public static LinkFault stallAt(Way way, long atByte) {
    return new LinkFault(Kind.STALL_AT, way, atByte);
  }

  /** A cut or a stall at a random byte below {@code bytes}, or nothing. */
  public static LinkFault random(Random random, int bytes) {
    Way way = random.nextBoolean() ? Way.UP : Way.DOWN;
    long atByte = random.nextInt(bytes);
    int dice = random.nextInt(8);
    if (dice == 0) {
      return resetAtStart();
    }
    return dice == 1 ? stallAt(way, atByte) : resetAt(way, atByte);
  }

  @Override
  public String toString() {
    return kind + (atByte == 0 ? "" : " " + way + " " + atByte);
  }
}
