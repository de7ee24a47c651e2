package dev.whippet.testkit;

import static dev.whippet.testkit.WebSocketBytes.BINARY;
import static dev.whippet.testkit.WebSocketBytes.CLOSE;
import static dev.whippet.testkit.WebSocketBytes.CONTINUATION;
import static dev.whippet.testkit.WebSocketBytes.LAST;
import static dev.whippet.testkit.WebSocketBytes.PING;
import static dev.whippet.testkit.WebSocketBytes.PONG;
import static dev.whippet.testkit.WebSocketBytes.TEXT;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import okio.Buffer;
import okio.ByteString;

/**
 * Streams of frames, valid and not, with the one outcome each must have, for readers on both sides.
 * A reader takes frames of at most {@link #FRAME_BYTES_MAX} bytes, and compressed messages of at
 * most {@link #INFLATED_BYTES_MAX}.
 */
public final class WebSocketCorpus {
  public static final int FRAME_BYTES_MAX = 100_000;
  public static final int INFLATED_BYTES_MAX = 70_000;

  private static final int COMPRESSED = 0x40;

  /** One stream; {@code expected} is a {@link WebSocketTranscript}. */
  public static final class Case {
    public final String name;
    public final byte[] stream;
    public final String expected;

    Case(String name, byte[] stream, String expected) {
      this.name = name;
      this.stream = stream;
      this.expected = expected;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final boolean masked;
  private final List<Case> cases = new ArrayList<>();

  private WebSocketCorpus(boolean masked) {
    this.masked = masked;
  }

  /**
   * @param masked true for what a client sends, false for what a server sends
   */
  public static List<Case> cases(boolean masked) {
    WebSocketCorpus corpus = new WebSocketCorpus(masked);
    corpus.addMessages();
    corpus.addFragments();
    corpus.addControls();
    corpus.addCloses();
    corpus.addBrokenHeaders();
    corpus.addBrokenOrder();
    corpus.addText();
    return corpus.cases;
  }

  /**
   * For a reader with permessage-deflate and context takeover.
   *
   * @param masked true for what a client sends, false for what a server sends
   */
  public static List<Case> compressedCases(boolean masked) {
    WebSocketCorpus corpus = new WebSocketCorpus(masked);
    corpus.addMessages();
    corpus.addText();
    corpus.addControls();
    corpus.addCompressed();
    corpus.addCompressedFragments();
    corpus.addBrokenCompression();
    return corpus.cases;
  }

  private WebSocketBytes bytes() {
    return new WebSocketBytes(masked);
  }

  private void add(String name, WebSocketBytes stream, String... expected) {
    StringBuilder lines = new StringBuilder();
    for (String line : expected) {
      lines.append(lines.length() == 0 ? "" : "\n").append(line);
    }
    cases.add(new Case(name, stream.bytes(), lines.toString()));
  }

  /** Adds a stream that is wrong and checks, too, that nothing behind the fault counts. */
  private void addWrong(String name, WebSocketBytes stream, String... expected) {
    add(name, stream, expected);
    stream.frame(LAST | BINARY, "late").frame(LAST | PING, "late").close(1000, "late");
    add(name + ", then more", stream, expected);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] hex(String hex) {
    return ByteString.decodeHex(hex).toByteArray();
  }

  private void addMessages() {
    add("nothing", bytes(), "");
    add("text of RFC 6455 5.7", bytes().frame(LAST | TEXT, "Hello"), "text Hello");
    add("empty binary", bytes().frame(LAST | BINARY, ""), "binary");
    add("empty text", bytes().frame(LAST | TEXT, ""), "text");
    WebSocketBytes small = bytes();
    String[] expected = new String[70];
    for (int i = 0; i < 70; i++) {
      expected[i] = ("binary " + ByteString.of(random(i % 20)).hex()).trim();
      small.frame(LAST | BINARY, random(i % 20));
    }
    add("70 small messages", small, expected);
    for (int length : new int[] {125, 126, 127, 256, 65535, 65536, FRAME_BYTES_MAX}) {
      add(
          "binary of " + length,
          bytes().frame(LAST | BINARY, random(length)).frame(LAST | PING, "x"),
          "binary " + WebSocketTranscript.describeLong(random(length)),
          "ping 78");
    }
    add("message cut short", bytes().header(LAST | BINARY, masked, 2, 300), "");
    byte[] whole = bytes().frame(LAST | TEXT, "Hello").bytes();
    add("text cut short", bytes().raw(Arrays.copyOf(whole, whole.length - 2)), "open text Hel");
  }

  private void addFragments() {
    add(
        "fragments of RFC 6455 5.7",
        bytes().frame(TEXT, "Hel").frame(LAST | CONTINUATION, "lo"),
        "text Hello");
    add(
        "fragments, some empty",
        bytes()
            .frame(BINARY, "")
            .frame(CONTINUATION, "a")
            .frame(CONTINUATION, "")
            .frame(LAST | CONTINUATION, ""),
        "binary 61");
    add(
        "two fragmented messages",
        bytes()
            .frame(BINARY, "a")
            .frame(LAST | CONTINUATION, "b")
            .frame(TEXT, "c")
            .frame(LAST | CONTINUATION, "d"),
        "binary 6162",
        "text cd");
    add(
        "control frames between fragments",
        bytes()
            .frame(BINARY, "a")
            .frame(LAST | PING, "p")
            .frame(CONTINUATION, "b")
            .frame(LAST | PONG, "q")
            .frame(LAST | CONTINUATION, "c"),
        "ping 70",
        "pong 71",
        "binary 616263");
    add(
        "fragments of every kind of length",
        bytes()
            .frame(BINARY, random(125))
            .frame(CONTINUATION, random(126))
            .frame(LAST | CONTINUATION, random(70_000)),
        "binary "
            + WebSocketTranscript.describeLong(join(random(125), random(126), random(70_000))));
    add(
        "unfinished message",
        bytes().frame(BINARY, "a").frame(CONTINUATION, "b"),
        "open binary 6162");
  }

  private static byte[] join(byte[]... parts) {
    Buffer buffer = new Buffer();
    for (byte[] part : parts) {
      buffer.write(part);
    }
    return buffer.readByteArray();
  }

  private void addControls() {
    add("ping of RFC 6455 5.7", bytes().frame(LAST | PING, "Hello"), "ping 48656c6c6f");
    add(
        "empty ping and pong",
        bytes().frame(LAST | PING, "").frame(LAST | PONG, ""),
        "ping",
        "pong");
    add(
        "ping of 125",
        bytes().frame(LAST | PING, random(125)),
        "ping " + ByteString.of(random(125)).hex());
    add(
        "ping cut short",
        bytes().frame(LAST | PONG, "a").header(LAST | PING, masked, 0, 9),
        "pong 61");
    addWrong("ping of 126", bytes().frame(LAST | PING, random(126)), "violation 1002");
    addWrong("ping of 70000", bytes().frame(LAST | PING, random(70_000)), "violation 1002");
    addWrong(
        "ping in fragments",
        bytes().frame(LAST | BINARY, "a").frame(PING, "a"),
        "binary 61",
        "violation 1002");
    addWrong("pong in fragments", bytes().frame(PONG, ""), "violation 1002");
    addWrong("close in fragments", bytes().frame(CLOSE, ""), "violation 1002");
  }

  private void addCloses() {
    addWrong("empty close", bytes().frame(LAST | CLOSE, ""), "close 1005");
    addWrong("close with a byte", bytes().frame(LAST | CLOSE, "a"), "violation 1002");
    addWrong("close without reason", bytes().close(1000, ""), "close 1000");
    addWrong("close with a reason", bytes().close(1001, "bye \u00e9"), "close 1001 bye \u00e9");
    String longest = new String(new char[123]).replace('\0', 'r');
    addWrong(
        "close with the longest reason", bytes().close(4999, longest), "close 4999 " + longest);
    addWrong("close with too long a reason", bytes().close(1000, longest + "r"), "violation 1002");
    for (int code : new int[] {1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000}) {
      addWrong("close " + code, bytes().close(code, ""), "close " + code);
    }
    for (int code : new int[] {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
      addWrong("close " + code, bytes().close(code, ""), "violation 1002");
    }
    addWrong(
        "close, reason not UTF-8", bytes().frame(LAST | CLOSE, hex("03e8ff")), "violation 1007");
    addWrong("close, reason cut", bytes().frame(LAST | CLOSE, hex("03e8e282")), "violation 1007");
    addWrong(
        "close inside a message",
        bytes().frame(BINARY, "a").close(1000, ""),
        "close 1000",
        "open binary 61");
  }

  private void addBrokenHeaders() {
    for (int bits = 1; bits < 8; bits++) {
      addWrong(
          "reserved bits " + bits, bytes().frame(LAST | bits << 4 | BINARY, "a"), "violation 1002");
    }
    addWrong(
        "reserved bits of a control frame",
        bytes().frame(LAST | BINARY, "a").frame(LAST | 0x40 | PING, ""),
        "binary 61",
        "violation 1002");
    for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      addWrong("opcode " + opcode, bytes().frame(LAST | opcode, ""), "violation 1002");
    }
    addWrong(
        "mask of the other side",
        bytes().frame(LAST | BINARY, !masked, 0, hex("61")),
        "violation 1002");
    addWrong(
        "control mask of the other side",
        bytes().frame(LAST | PING, !masked, 0, hex("61")),
        "violation 1002");
    addWrong(
        "16-bit length of 125",
        bytes().frame(LAST | BINARY, masked, 2, random(125)),
        "violation 1002");
    addWrong(
        "16-bit length of 0", bytes().frame(LAST | BINARY, masked, 2, random(0)), "violation 1002");
    addWrong(
        "64-bit length of 125",
        bytes().frame(LAST | BINARY, masked, 8, random(125)),
        "violation 1002");
    addWrong(
        "64-bit length of 65535",
        bytes().frame(LAST | BINARY, masked, 8, random(65535)),
        "violation 1002");
    addWrong(
        "16-bit length of a ping",
        bytes().frame(LAST | PING, masked, 2, random(3)),
        "violation 1002");
    addWrong(
        "length 2^63", bytes().header(LAST | BINARY, masked, 8, Long.MIN_VALUE), "violation 1002");
    addWrong("length -1", bytes().header(LAST | BINARY, masked, 8, -1), "violation 1002");
    addWrong(
        "length 2^63 - 1",
        bytes().header(LAST | BINARY, masked, 8, Long.MAX_VALUE),
        "violation 1009");
    addWrong(
        "frame too long", bytes().header(BINARY, masked, 8, FRAME_BYTES_MAX + 1), "violation 1009");
  }

  private void addBrokenOrder() {
    addWrong("continuation first", bytes().frame(LAST | CONTINUATION, "a"), "violation 1002");
    addWrong("open continuation first", bytes().frame(CONTINUATION, "a"), "violation 1002");
    addWrong(
        "continuation of an ended message",
        bytes().frame(BINARY, "a").frame(LAST | CONTINUATION, "b").frame(CONTINUATION, "c"),
        "binary 6162",
        "violation 1002");
    addWrong(
        "message inside a message",
        bytes().frame(BINARY, "a").frame(LAST | BINARY, "b"),
        "violation 1002",
        "open binary 61");
    addWrong(
        "text inside a binary message",
        bytes().frame(BINARY, "a").frame(LAST | TEXT, "b"),
        "violation 1002",
        "open binary 61");
    addWrong(
        "a ping before the fault",
        bytes().frame(LAST | PING, "1").frame(LAST | PING, "2").frame(LAST | 3, ""),
        "ping 31",
        "ping 32",
        "violation 1002");
  }

  private void addText() {
    String greek = "\u03ba\u1f79\u03c3\u03bc\u03b5 \ud83d\ude00";
    add("text beyond ASCII", bytes().frame(LAST | TEXT, greek), "text " + greek);
    byte[] utf8 = ByteString.encodeUtf8(greek).toByteArray();
    WebSocketBytes fragments = bytes();
    for (int i = 0; i < utf8.length; i++) {
      fragments.frame(i == 0 ? TEXT : CONTINUATION, new byte[] {utf8[i]}).frame(LAST | PING, "");
    }
    String[] expected = new String[utf8.length + 1];
    Arrays.fill(expected, "ping");
    expected[utf8.length] = "text " + greek;
    add("text, each byte a fragment", fragments.frame(LAST | CONTINUATION, ""), expected);
    String longText = new String(new char[40]).replace("\0", "0123456789abcdef" + greek);
    add(
        "long text",
        bytes().frame(LAST | TEXT, longText),
        "text " + WebSocketTranscript.describeLong(ByteString.encodeUtf8(longText).toByteArray()));
    addWrong("text, wrong first byte", bytes().frame(LAST | TEXT, hex("80")), "violation 1007");
    addWrong(
        "text, surrogate",
        bytes().frame(LAST | TEXT, hex("61eda080")),
        "violation 1007",
        "open text a\ufffd");
    addWrong("text, overlong", bytes().frame(TEXT, hex("62c080")), "violation 1007", "open text b");
    addWrong(
        "text cut inside a letter",
        bytes().frame(LAST | TEXT, hex("63e282")),
        "violation 1007",
        "open text c\ufffd");
    addWrong(
        "text wrong in the second fragment",
        bytes().frame(TEXT, "0123456789").frame(LAST | CONTINUATION, hex("6162636465666768ff")),
        "violation 1007",
        "open text 0123456789abcdefgh");
    addWrong(
        "text ends inside a letter with an empty fragment",
        bytes().frame(TEXT, hex("64c3")).frame(LAST | CONTINUATION, ""),
        "violation 1007",
        "open text d\ufffd");
    byte[] frame = bytes().frame(LAST | TEXT, hex("6566ff6768")).bytes();
    byte[] early = Arrays.copyOf(frame, frame.length - 2);
    add("text fails before its frame ends", bytes().raw(early), "violation 1007", "open text ef");
    add("binary that is not UTF-8", bytes().frame(LAST | BINARY, hex("fffe")), "binary fffe");
  }

  private static byte[] utf8(String text) {
    return ByteString.encodeUtf8(text).toByteArray();
  }

  private void addCompressed() {
    int text = LAST | COMPRESSED | TEXT;
    int binary = LAST | COMPRESSED | BINARY;
    add("example of RFC 7692 7.2.3.1", bytes().frame(text, hex("f248cdc9c90700")), "text Hello");
    add(
        "example of RFC 7692 7.2.3.2",
        bytes().frame(text, hex("f248cdc9c90700")).frame(text, hex("f200110000")),
        "text Hello",
        "text Hello");
    add(
        "example of RFC 7692 7.2.3.3",
        bytes().frame(text, hex("000500faff48656c6c6f00")),
        "text Hello");
    add(
        "example of RFC 7692 7.2.3.4",
        bytes().frame(text, hex("f348cdc9c9070000")).frame(text, hex("f248cdc9c90700")),
        "text Hello",
        "text Hello");
    add(
        "example of RFC 7692 7.2.3.5",
        bytes().frame(text, hex("f24805000000ffffcac9c90700")),
        "text Hello");
    add("example of RFC 7692 7.2.3.6", bytes().frame(text, hex("00")), "text");
    add("no payload at all", bytes().frame(binary, "").frame(text, hex("00")), "binary", "text");
    add(
        "compressed and plain ones in turns",
        bytes()
            .frame(text, Deflated.alone(utf8("one")))
            .frame(LAST | TEXT, "two")
            .frame(LAST | PING, "p")
            .frame(binary, Deflated.alone(utf8("three"))),
        "text one",
        "text two",
        "ping 70",
        "binary 7468726565");
    for (int length : new int[] {0, 1, 8192, INFLATED_BYTES_MAX}) {
      byte[] message = letters(length);
      add(
          "compressed message of " + length,
          bytes().frame(binary, Deflated.alone(message)),
          describe(message));
      add(
          "last block of " + length,
          bytes().frame(binary, Deflated.lastBlock(message)).frame(binary, Deflated.alone(message)),
          describe(message),
          describe(message));
    }
    for (int strategy = 0; strategy <= 2; strategy++) {
      Deflated window = new Deflated(9, strategy);
      WebSocketBytes stream = bytes();
      String[] expected = new String[12];
      for (int i = 0; i < expected.length; i++) {
        byte[] message = letters(i * i * 100 + 1);
        stream.frame(binary, window.next(message));
        expected[i] = describe(message);
      }
      add("context takeover, strategy " + strategy, stream, expected);
    }
  }

  private static String describe(byte[] message) {
    WebSocketTranscript transcript = new WebSocketTranscript();
    transcript.data(BINARY, message);
    transcript.messageEnd(BINARY);
    return transcript.toString();
  }

  /** Words of few letters, which compress. */
  private static byte[] letters(int length) {
    byte[] bytes = random(length);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i % 7 == 0 ? ' ' : 'a' + (bytes[i] & 3));
    }
    return bytes;
  }

  private void addCompressedFragments() {
    byte[] message = utf8("Hello, Hello, \u00e9\ud83d\ude00!");
    byte[] payload = Deflated.alone(message);
    WebSocketBytes stream = bytes();
    String[] expected = new String[payload.length + 1];
    for (int i = 0; i < payload.length; i++) {
      int first = i == 0 ? COMPRESSED | TEXT : CONTINUATION;
      stream.frame(first, new byte[] {payload[i]}).frame(LAST | PONG, "");
      expected[i] = "pong";
    }
    expected[payload.length] = "text " + ByteString.of(message).utf8();
    add("compressed, each byte a fragment", stream.frame(LAST | CONTINUATION, ""), expected);
    byte[] half = Arrays.copyOf(payload, payload.length / 2);
    byte[] rest = Arrays.copyOfRange(payload, half.length, payload.length);
    add(
        "compressed, empty first fragment",
        bytes()
            .frame(COMPRESSED | TEXT, "")
            .frame(CONTINUATION, half)
            .frame(LAST | CONTINUATION, rest),
        "text " + ByteString.of(message).utf8());
  }

  private void addBrokenCompression() {
    int text = LAST | COMPRESSED | TEXT;
    int binary = LAST | COMPRESSED | BINARY;
    addWrong("reserved bit of a continuation", bytes().frame(COMPRESSED, "a"), "violation 1002");
    addWrong(
        "reserved bit of a later fragment",
        bytes().frame(COMPRESSED | BINARY, hex("00")).frame(LAST | COMPRESSED, hex("00")),
        "violation 1002");
    addWrong("compressed ping", bytes().frame(LAST | COMPRESSED | PING, ""), "violation 1002");
    addWrong("compressed close", bytes().frame(LAST | COMPRESSED | CLOSE, ""), "violation 1002");
    for (int bits : new int[] {1, 2, 3, 5, 6, 7}) {
      addWrong(
          "reserved bits " + bits + " with compression",
          bytes().frame(LAST | bits << 4 | BINARY, hex("00")),
          "violation 1002");
    }
    addWrong("not deflated", bytes().frame(binary, hex("ffffffff")), "violation 1007");
    addWrong(
        "refers to what was not there", bytes().frame(text, hex("02020000")), "violation 1007");
    addWrong(
        "compressed text that is not UTF-8",
        bytes().frame(text, Deflated.alone(hex("6162ff63"))),
        "violation 1007",
        "open text ab");
    addWrong(
        "compressed text cut inside a letter",
        bytes().frame(text, Deflated.alone(hex("6162c3"))),
        "violation 1007",
        "open text ab\ufffd");
    addWrong(
        "inflates to too much",
        bytes().frame(text, Deflated.zeros(1 << 20)),
        "violation 1009",
        "open text " + WebSocketTranscript.describeLong(new byte[INFLATED_BYTES_MAX]));
  }
}
