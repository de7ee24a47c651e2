package dev.whippet.conformance.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Compares an answer with what a step expects (classic-transcripts.md section 6). */
final class HttpExpectation {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FIRST_ERROR = 400;

  private HttpExpectation() {}

  /** Null when the answer is the expected one, otherwise what differs. */
  static String difference(JsonNode expect, HttpResponse<String> answer) {
    int status = expect.get("status").intValue();
    String found = answer.statusCode() + " " + answer.headers().map() + " " + answer.body();
    if (answer.statusCode() != status) {
      return "expected " + expect + ", found " + found;
    }
    if (status < FIRST_ERROR && expect.has("content_type")) {
      String type = answer.headers().firstValue("content-type").orElse("");
      if (!plain(type).equals(plain(expect.get("content_type").textValue()))) {
        return "expected " + expect.get("content_type") + ", found " + found;
      }
    }
    if (expect.has("has_body")
        && expect.get("has_body").booleanValue() == answer.body().isEmpty()) {
      return "expected a body: " + expect.get("has_body") + ", found " + found;
    }
    boolean textCounts = status < FIRST_ERROR || expect.path("body_text").asText("x").isEmpty();
    if (expect.has("body_text")
        && textCounts
        && !expect.get("body_text").textValue().equals(answer.body())) {
      return "expected " + expect.get("body_text") + ", found " + found;
    }
    return expect.has("body") ? bodyDifference(expect, answer.body()) : null;
  }

  private static String plain(String type) {
    return type.split(";")[0].strip();
  }

  private static String bodyDifference(JsonNode expect, String body) {
    JsonNode wanted = expect.get("body").deepCopy();
    JsonNode found;
    try {
      found = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return "no JSON: " + body;
    }
    if (expect.has("members")) {
      Set<String> names = new TreeSet<>();
      found.fieldNames().forEachRemaining(names::add);
      Set<String> all = new TreeSet<>();
      expect.get("members").forEach(name -> all.add(name.textValue()));
      if (!names.equals(all)) {
        return "expected the members " + all + ", found " + names;
      }
    }
    for (JsonNode mask : expect.path("masks")) {
      mask(wanted, mask.get(0).textValue());
      mask(found, mask.get(0).textValue());
    }
    return wanted.equals(found) ? null : "expected " + wanted + ", found " + found;
  }

  /** Sets what {@code pointer} leads to to null; a star is every element. */
  private static void mask(JsonNode root, String pointer) {
    String[] names = pointer.substring(1).split("/");
    List<JsonNode> parents = List.of(root);
    for (int i = 0; i < names.length - 1; i++) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode parent : parents) {
        if (names[i].equals("*")) {
          parent.forEach(next::add);
        } else {
          next.add(parent.path(names[i]));
        }
      }
      parents = next;
    }
    String last = names[names.length - 1];
    for (JsonNode parent : parents) {
      if (parent instanceof ObjectNode object && object.has(last)) {
        object.putNull(last);
      } else if (parent instanceof ArrayNode array && last.equals("*")) {
        for (int i = 0; i < array.size(); i++) {
          array.setNull(i);
        }
      }
    }
  }
}
