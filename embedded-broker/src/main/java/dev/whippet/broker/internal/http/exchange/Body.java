package dev.whippet.broker.internal.http.exchange;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

/**
 * An object of a request's JSON. What is not JSON is refused with 400, what has not the shape that
 * is asked for with 422; members that nobody asks for are left alone. Owner: the loop.
 */
public final class Body {
  private static final BigInteger U64_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final long U32_MAX = 0xffff_ffffL;
  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .build()
          .readerFor(JsonNode.class);

  private final JsonNode object;

  private Body(JsonNode object) {
    this.object = object;
  }

  /** Of a request. */
  public static Body parse(byte[] json) {
    JsonNode root;
    try {
      root = READER.readTree(json);
    } catch (JacksonException e) {
      throw HttpRefusal.badRequest("The body is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw HttpRefusal.badRequest("The body is not JSON.");
    }
    if (root == null || root.isMissingNode()) {
      throw HttpRefusal.badRequest("The body is empty.");
    }
    return of(root, "The body");
  }

  /** {@code node}, which {@code what} names, as an object. */
  public static Body of(JsonNode node, String what) {
    if (!node.isObject()) {
      throw HttpRefusal.wrongShape(what + " is not an object.");
    }
    return new Body(node);
  }

  /** The member, or {@code null} when it is absent or null. */
  public JsonNode optional(String name) {
    JsonNode member = object.get(name);
    return member == null || member.isNull() ? null : member;
  }

  /** The member as it is, null included, or {@code null} when it is absent. */
  public JsonNode orNull(String name) {
    return object.get(name);
  }

  public JsonNode required(String name) {
    JsonNode member = object.get(name);
    if (member == null) {
      throw HttpRefusal.wrongShape(name + " is missing.");
    }
    return member;
  }

  public Set<Map.Entry<String, JsonNode>> members() {
    return object.properties();
  }

  public String text(String name) {
    return text(name, required(name));
  }

  public String textOr(String name, String otherwise) {
    JsonNode member = optional(name);
    return member == null ? otherwise : text(name, member);
  }

  private static String text(String name, JsonNode member) {
    if (!member.isTextual()) {
      throw HttpRefusal.wrongShape(name + " is not a text.");
    }
    String text = member.textValue();
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw HttpRefusal.wrongShape(name + " has half of a character.");
    }
    return text;
  }

  public boolean flag(String name) {
    JsonNode member = required(name);
    if (!member.isBoolean()) {
      throw HttpRefusal.wrongShape(name + " is not true or false.");
    }
    return member.booleanValue();
  }

  /** 64 bits without a sign. */
  public long u64(String name) {
    return u64(name, required(name));
  }

  /** As above, for a value that was found. */
  public static long u64(String name, JsonNode value) {
    if (!value.isIntegralNumber() || !isU64(value.bigIntegerValue())) {
      throw HttpRefusal.wrongShape(name + " is not a whole number of 64 bits.");
    }
    return value.bigIntegerValue().longValue();
  }

  private static boolean isU64(BigInteger value) {
    return value.signum() >= 0 && value.compareTo(U64_MAX) <= 0;
  }

  /** 32 bits without a sign. */
  public long u32(String name) {
    return upTo(name, required(name), U32_MAX);
  }

  /** {@code null} when it is absent or null. */
  public Integer optionalU32(String name) {
    JsonNode member = optional(name);
    return member == null ? null : (int) upTo(name, member, U32_MAX);
  }

  /** {@code null} when it is absent or null. */
  public Integer optionalU8(String name) {
    JsonNode member = optional(name);
    return member == null ? null : (int) upTo(name, member, 0xff);
  }

  private static long upTo(String name, JsonNode value, long max) {
    long number = u64(name, value);
    if (number < 0 || number > max) {
      throw HttpRefusal.wrongShape(name + " is more than " + max + ".");
    }
    return number;
  }

  /** Bytes as Base64 with padding. */
  public byte[] bytes(String name) {
    return bytes(name, text(name));
  }

  /** As above, for a text that was found. */
  public static byte[] bytes(String name, String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      if (base64.length() % 4 == 0) {
        return bytes;
      }
    } catch (IllegalArgumentException notBase64) {
      // answered below
    }
    throw HttpRefusal.wrongShape(name + " is not Base64.");
  }
}
