package org.hospes.architecture;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServerSetup;

@AnalyzeClasses(packages = "org.hospes.wire", importOptions = DoNotIncludeTests.class)
class WireArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("refusal")
          .definedBy("org.hospes.wire.refusal..")
          .layer("security")
          .definedBy("org.hospes.wire.security..")
          .layer("ops")
          .definedBy("org.hospes.wire.ops..")
          .layer("bytes")
          .definedBy("org.hospes.wire.bytes..")
          .whereLayer("refusal")
          .mayOnlyBeAccessedByLayers("security", "bytes")
          .whereLayer("security")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("ops")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("bytes")
          .mayNotBeAccessedByAnyLayer()
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.wire");
  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();

  @ArchTest static final ArchRule signatures = HouseRules.rawSignaturesOnlyWhereTheyBelong();

  /** The two that others build take the machine's clock unless they are handed one. */
  @ArchTest
  static void clocks(JavaClasses classes) {
    HouseRules.noClockOfTheirOwnOutside("org.hospes.nowhere..")
        .check(
            classes.that(
                DescribedPredicate.not(
                    DescribedPredicate.or(
                        JavaClass.Predicates.type(SecureClient.class),
                        JavaClass.Predicates.type(SecureServerSetup.class)))));
  }

  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}
