package org.hospes.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;

/**
 * The rules that hold in every module, each under a name that says what it keeps apart. A module's
 * architecture test applies them to its own classes, beside its layers.
 */
public final class HouseRules {
  private static final String[] STUBS = {
    "org.hospes.contract.common..",
    "org.hospes.contract.workspace..",
    "org.hospes.contract.registry..",
    "org.hospes.contract.node..",
    "org.hospes.contract.repository.."
  };

  private static final Set<String> CLOCKLESS =
      Set.of(
          "java.lang.System.currentTimeMillis()",
          "java.time.Clock.systemUTC()",
          "java.time.Clock.systemDefaultZone()",
          "java.util.Date.<init>()",
          "java.util.Calendar.getInstance()",
          "java.util.GregorianCalendar.<init>()");

  private HouseRules() {}

  /** Packages below {@code root} form no cycle, however deep they lie. */
  public static ArchRule noCyclesBetweenPackagesOf(String root) {
    return slices()
        .matching(root + ".(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .because(
            "two packages that need each other are one package, or one of them is cut wrongly");
  }

  /** canl has one user, so that there is one certificate-path validator. */
  public static ArchRule canlOnlyInTrustPath() {
    return noClasses()
        .that()
        .resideOutsideOfPackage("org.hospes.trust.path..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("eu.emi..")
        .allowEmptyShould(true)
        .because("there is one certificate-path validator, and org.hospes.trust.path is it");
  }

  /** libvirt is reached through {@code Hypervisor} by everything but its implementation. */
  public static ArchRule libvirtOnlyInNodeLibvirt() {
    return noClasses()
        .that()
        .resideOutsideOfPackage("org.hospes.node.libvirt..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.libvirt..")
        .allowEmptyShould(true)
        .because("the rest of the node knows a Hypervisor, not which one");
  }

  /** Hibernate and JPA stay behind the repository interfaces. */
  public static ArchRule objectRelationalMappingOnlyInPersistence() {
    return noClasses()
        .that()
        .resideOutsideOfPackage("org.hospes.service.persistence..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jakarta.persistence..", "org.hibernate..")
        .allowEmptyShould(true)
        .because("how a workspace is stored is nobody else's business");
  }

  /** Raw signatures are made and checked in three places that are read with that in mind. */
  public static ArchRule rawSignaturesOnlyWhereTheyBelong() {
    return noClasses()
        .that()
        .resideOutsideOfPackages(
            "org.hospes.image.signing..", "org.hospes.trust..", "org.hospes.wire.security..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.security.Signature")
        .allowEmptyShould(true)
        .because("a signature checked in passing is a signature checked wrongly");
  }

  /**
   * Generated classes stay at the edge.
   *
   * @param edges the packages where SOAP goes in or out, in ArchUnit's notation
   */
  public static ArchRule stubsOnlyIn(String... edges) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(edges)
        .should()
        .dependOnClassesThat(resideInAnyPackage(STUBS))
        .allowEmptyShould(true)
        .because("inside, each part keeps its own small records and maps at its edge");
  }

  /**
   * Time comes from a {@code Clock} that was passed in.
   *
   * @param wiring the packages or classes that make the clock, in ArchUnit's notation
   */
  public static ArchRule noClockOfTheirOwnOutside(String... wiring) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(wiring)
        .and()
        .doNotHaveSimpleName("Main")
        .should()
        .callCodeUnitWhere(asksTheMachineForTheTime())
        .allowEmptyShould(true)
        .because("what happens when a lease ends or a clock is wrong has to be testable");
  }

  /** Static fields are constants. */
  public static ArchRule noStaticsThatRemember() {
    return classes()
        .should(haveOnlyFinalStaticFields())
        .allowEmptyShould(true)
        .because("state has an owner, and it is handed over in a constructor");
  }

  /** Logging goes through slf4j. */
  public static ArchRule oneLoggingApi() {
    return noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "java.util.logging..",
                "org.apache.commons.logging..",
                "org.apache.log4j..",
                "org.apache.logging.."))
        .allowEmptyShould(true)
        .because("one logging stack");
  }

  /** Names say a role or a material. */
  public static ArchRule namesThatSaySomething() {
    return classes()
        .should()
        .haveSimpleNameNotEndingWith("Impl")
        .andShould()
        .haveSimpleNameNotEndingWith("Util")
        .andShould()
        .haveSimpleNameNotEndingWith("Utils")
        .andShould()
        .haveSimpleNameNotEndingWith("Helper")
        .andShould()
        .haveSimpleNameNotEndingWith("Manager")
        .allowEmptyShould(true)
        .because("such a name says nothing: name the role, or the material it is made of");
  }

  private static DescribedPredicate<JavaCall<?>> asksTheMachineForTheTime() {
    return DescribedPredicate.describe(
        "asks the machine for the time",
        call -> {
          AccessTarget.CodeUnitCallTarget target = call.getTarget();
          boolean bareNow =
              target.getName().equals("now")
                  && target.getRawParameterTypes().isEmpty()
                  && target.getOwner().getPackageName().equals("java.time");
          return bareNow || CLOCKLESS.contains(target.getFullName());
        });
  }

  private static ArchCondition<JavaClass> haveOnlyFinalStaticFields() {
    return new ArchCondition<>("have only final static fields") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        type.getFields().stream()
            .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
            .filter(field -> !field.getModifiers().contains(JavaModifier.FINAL))
            .filter(field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC))
            .forEach(
                field ->
                    events.add(
                        SimpleConditionEvent.violated(
                            field, field.getFullName() + " is static and can change")));
      }
    };
  }
}
