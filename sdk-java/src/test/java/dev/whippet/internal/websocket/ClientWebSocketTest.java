package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.Deflated;
import dev.whippet.testkit.WebSocketBytes;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.Test;

/** A client's end against hand-made bytes of a server. */
class ClientWebSocketTest {
  private static final int FRAGMENT_BYTES = 1000;

  private final Buffer out = new Buffer();
  private final Buffer received = new Buffer();

  @Test
  void aPongGoesBetweenTheFramesOfALargeMessage() throws Exception {
    ClientWebSocket client = open("");
    client.send(Opcode.BINARY, new Buffer().write(new byte[2500]));
    client.next(out);

    client.receive(bytes(new WebSocketBytes(false).frame(0x89, "hi")), out);
    while (client.next(out)) {
      // All of it.
    }

    assertThat(frames()).isEqualTo("02 1000 bytes\n8a 2 bytes\n00 1000 bytes\n80 500 bytes\n");
    assertThat(client.queuedBytes()).isZero();
  }

  @Test
  void theServersCloseIsAnsweredWithItsCodeAfterTheAnswersThatWait() throws Exception {
    ClientWebSocket client = open("");
    client.send(Opcode.TEXT, new Buffer().writeUtf8("answer"));

    String end = client.receive(bytes(new WebSocketBytes(false).close(4000, "bye")), out);

    assertThat(end).isEqualTo("the server closed the WebSocket, code 4000, bye");
    assertThat(frames()).isEqualTo("81 6 bytes\n88 4000 bye\n");
    assertThat(client.isOver()).isTrue();
  }

  @Test
  void aLargeMessageDoesNotHoldUpTheAnswerToAClose() throws Exception {
    ClientWebSocket client = open("");
    client.send(Opcode.BINARY, new Buffer().write(new byte[1 << 20]));
    client.next(out);

    client.receive(bytes(new WebSocketBytes(false).frame(0x88, "")), out);

    assertThat(out.size()).isLessThan(ClientWebSocket.LAST_BYTES_MAX + 2 * FRAGMENT_BYTES + 5000);
    assertThat(client.next(out)).isFalse();
    assertThat(frames()).endsWith("\n88 0 bytes\n");
  }

  @Test
  void whatWaitsIsSentBeforeTheCloseThatAnswersAViolation() throws Exception {
    ClientWebSocket client = open("");
    client.send(Opcode.BINARY, new Buffer().write(new byte[2000]));

    assertThatThrownBy(() -> client.receive(bytes(new WebSocketBytes(false).frame(0x83, "")), out))
        .isInstanceOf(WebSocketException.class);

    assertThat(frames())
        .isEqualTo(
            "02 1000 bytes\n80 1000 bytes\n88 1002 opcode: expected 0 to 2 or 8 to 10, found 3\n");
    assertThat(client.isOver()).isTrue();
  }

  @Test
  void ourCloseEndsTheMessageUnderWayAndWaitsForTheServers() throws Exception {
    ClientWebSocket client = open("");
    client.send(Opcode.BINARY, new Buffer().write(new byte[2500]));
    client.next(out);

    client.close(CloseCode.NORMAL, "", out);
    client.close(CloseCode.NORMAL, "", out);

    assertThat(frames()).isEqualTo("02 1000 bytes\n88 1000 \n");
    assertThat(client.isOver()).isFalse();
    WebSocketBytes late = new WebSocketBytes(false).frame(0x82, "late").frame(0x89, "");
    client.receive(bytes(late.close(1000, "")), out);
    assertThat(client.isOver()).isTrue();
    assertThat(received.size()).isZero();
    assertThat(out.size()).isZero();
  }

  @Test
  void pongsToAPeerThatDoesNotReadAreBounded() throws Exception {
    ClientWebSocket client = open("");
    WebSocketBytes pings = new WebSocketBytes(false);
    for (int i = 0; i < 10_000; i++) {
      pings.frame(0x89, new byte[125]);
    }

    client.receive(bytes(pings), out);

    assertThat(out.size()).isLessThan(ClientWebSocket.PONG_BACKLOG_BYTES_MAX + 200);
  }

  @Test
  void compressedMessagesAreCutIntoFramesAndComeBack() throws Exception {
    ClientWebSocket client = open("permessage-deflate; client_max_window_bits=9");
    byte[] message = new byte[10_000];
    Arrays.fill(message, (byte) 'x');
    message[5_000] = 'y';

    client.send(Opcode.TEXT, new Buffer().write(message));
    client.send(Opcode.TEXT, new Buffer());
    while (client.next(out)) {
      // All of it.
    }

    assertThat(frames()).startsWith("41 1000 bytes\n80 ").endsWith("\nc1 1 bytes\n");
    client.receive(bytes(new WebSocketBytes(false).frame(0xc1, Deflated.alone(message))), out);
    assertThat(received.readByteArray()).isEqualTo(message);
    client.release();
  }

  @Test
  void theSubProtocolIsOneOfThoseOffered() throws Exception {
    assertThat(open("", "Sec-WebSocket-Protocol: b\r\n").subProtocol()).isEqualTo("b");
    assertThat(open("", "").subProtocol()).isNull();
    assertThatThrownBy(() -> open("", "Sec-WebSocket-Protocol: c\r\n"))
        .isInstanceOf(HandshakeException.class)
        .hasMessageStartingWith("a sub-protocol was selected that was not offered");
    assertThatThrownBy(() -> open("", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n"))
        .isInstanceOf(HandshakeException.class);
  }

  private ClientWebSocket open(String extension) throws IOException {
    return open(extension, "");
  }

  private ClientWebSocket open(String extension, String header) throws IOException {
    List<String> subProtocols =
        header.isEmpty() ? Collections.emptyList() : Arrays.asList("a", "b");
    WebSocketOptions options =
        new WebSocketOptions(
            Collections.emptyMap(), subProtocols, !extension.isEmpty(), FRAGMENT_BYTES);
    SecureRandom random = new SecureRandom();
    ClientHandshake handshake = new ClientHandshake("gw", 80, "/", options, random);
    ClientWebSocket client =
        new ClientWebSocket(
            handshake,
            options,
            random,
            (opcode, chunk, last) -> received.write(chunk, chunk.size()));
    client.begin(out);
    String request = out.readUtf8();
    assertThat(request.contains("\r\nSec-WebSocket-Protocol: a, b\r\n"))
        .isEqualTo(!header.isEmpty());
    assertThat(
            request.contains(
                "\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover;"
                    + " client_max_window_bits\r\n"))
        .isEqualTo(!extension.isEmpty());
    int at = request.indexOf("Sec-WebSocket-Key: ") + 19;
    String answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + header
            + (extension.isEmpty() ? "" : "Sec-WebSocket-Extensions: " + extension + "\r\n")
            + "Sec-WebSocket-Accept: "
            + AcceptKey.of(request.substring(at, at + 24))
            + "\r\n\r\n";
    assertThat(client.handshake(new Buffer().writeUtf8(answer))).isTrue();
    return client;
  }

  private static Buffer bytes(WebSocketBytes stream) {
    return new Buffer().write(stream.bytes());
  }

  /** First byte and length of each frame; code and reason of a Close. */
  private String frames() throws IOException {
    StringBuilder frames = new StringBuilder();
    while (out.size() > 0) {
      int first = out.readByte() & 0xff;
      int length = out.readByte() & 0x7f;
      length = length == 126 ? out.readShort() & 0xffff : length;
      byte[] mask = out.readByteArray(4);
      byte[] payload = out.readByteArray(length);
      for (int i = 0; i < length; i++) {
        payload[i] ^= mask[i % 4];
      }
      String shown = length + " bytes";
      if (first == 0x88 && length > 0) {
        ByteString close = ByteString.of(payload);
        shown = close.asByteBuffer().getShort() + " " + close.substring(2).utf8();
      }
      frames.append(String.format("%02x %s\n", first, shown));
    }
    return frames.toString();
  }
}
