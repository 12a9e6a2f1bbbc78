package org.hospes.architecture;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.hospes.trust", importOptions = DoNotIncludeTests.class)
class TrustArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("path")
          .definedBy("org.hospes.trust.path..")
          .layer("credential")
          .definedBy("org.hospes.trust.credential..")
          .layer("caller")
          .definedBy("org.hospes.trust.caller..")
          .optionalLayer("receipt")
          .definedBy("org.hospes.trust.receipt..")
          .whereLayer("caller")
          .mayOnlyBeAccessedByLayers("receipt")
          .whereLayer("credential")
          .mayOnlyBeAccessedByLayers("receipt", "caller")
          .whereLayer("receipt")
          .mayNotBeAccessedByAnyLayer()
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.trust");

  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();

  @ArchTest
  static final ArchRule clocks = HouseRules.noClockOfTheirOwnOutside("org.hospes.nowhere..");

  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}
