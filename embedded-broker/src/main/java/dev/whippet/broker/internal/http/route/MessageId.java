package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import java.math.BigInteger;

/**
 * Ids of messages: 128 bits. In JSON a number of at most 64 bits, a decimal text, or a UUID in hex,
 * with or without dashes, read from its first digit on.
 */
final class MessageId {
  static final BigInteger GENERATED = BigInteger.ZERO;

  private static final BigInteger MAX = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);
  private static final String DECIMAL = "\\d{1,39}";
  private static final String HEX = "[0-9a-fA-F]{32}";
  private static final String UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

  private MessageId() {}

  static BigInteger of(JsonNode given) {
    if (given == null) {
      return GENERATED;
    }
    if (!given.isTextual()) {
      long number = Body.u64("id", given);
      return new BigInteger(Long.toUnsignedString(number));
    }
    String text = given.textValue();
    if (text.matches(DECIMAL)) {
      BigInteger id = new BigInteger(text);
      if (id.compareTo(MAX) <= 0) {
        return id;
      }
    } else if (text.matches(HEX) || text.matches(UUID)) {
      return new BigInteger(text.replace("-", ""), 16);
    }
    throw HttpRefusal.wrongShape("id is no number of 128 bits and no UUID.");
  }

  /** From two halves as they stand in a record. */
  static BigInteger of(long low, long high) {
    return new BigInteger(Long.toUnsignedString(high))
        .shiftLeft(Long.SIZE)
        .add(new BigInteger(Long.toUnsignedString(low)));
  }
}
