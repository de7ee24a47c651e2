package dev.whippet.conformance.gate;

import com.github.javaparser.ast.Modifier;
import com.github.javaparser.ast.body.ClassOrInterfaceDeclaration;
import com.github.javaparser.ast.body.EnumDeclaration;
import com.github.javaparser.ast.body.MethodDeclaration;
import com.github.javaparser.ast.body.RecordDeclaration;
import com.github.javaparser.ast.expr.ObjectCreationExpr;
import com.github.javaparser.ast.type.ClassOrInterfaceType;
import dev.whippet.conformance.gate.Sources.Source;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who implements what, by simple name: classes, records, enums and anonymous classes. */
final class Interfaces {
  private Interfaces() {}

  static Map<String, Integer> implementations(List<Source> sources) {
    Map<String, Integer> counts = new HashMap<>();
    for (Source source : sources) {
      source
          .unit()
          .findAll(ClassOrInterfaceDeclaration.class)
          .forEach(type -> count(type.getImplementedTypes(), counts));
      source
          .unit()
          .findAll(RecordDeclaration.class)
          .forEach(type -> count(type.getImplementedTypes(), counts));
      source
          .unit()
          .findAll(EnumDeclaration.class)
          .forEach(type -> count(type.getImplementedTypes(), counts));
      source
          .unit()
          .findAll(
              ObjectCreationExpr.class, creation -> creation.getAnonymousClassBody().isPresent())
          .forEach(creation -> count(List.of(creation.getType()), counts));
    }
    return counts;
  }

  /** Not sealed, and with several methods: a lambda cannot implement it unseen. */
  static boolean needsTwoImplementations(ClassOrInterfaceDeclaration type) {
    long methods = type.getMethods().stream().filter(method -> isAbstract(method)).count();
    return type.isInterface() && !type.hasModifier(Modifier.Keyword.SEALED) && methods > 1;
  }

  private static boolean isAbstract(MethodDeclaration method) {
    return method.getBody().isEmpty();
  }

  private static void count(List<ClassOrInterfaceType> types, Map<String, Integer> counts) {
    types.forEach(type -> counts.merge(type.getNameAsString(), 1, Integer::sum));
  }
}
