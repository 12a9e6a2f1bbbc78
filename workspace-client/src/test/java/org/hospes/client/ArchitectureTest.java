package org.hospes.client;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.hospes.architecture.HouseRules;

/** The command line knows the client; the client knows nothing of the command line. */
@AnalyzeClasses(packages = "org.hospes.client", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule layers =
      layeredArchitecture()
          .consideringAllDependencies()
          .layer("cli")
          .definedBy("org.hospes.client.cli..")
          .layer("root")
          .definedBy("org.hospes.client")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("root")
          .mayOnlyBeAccessedByLayers("cli")
          .ensureAllClassesAreContainedInArchitecture();

  @ArchTest
  static final ArchRule cycles = HouseRules.noCyclesBetweenPackagesOf("org.hospes.client");

  @ArchTest static final ArchRule stubs = HouseRules.stubsOnlyIn("org.hospes.client");

  @ArchTest
  static final ArchRule clocks = HouseRules.noClockOfTheirOwnOutside("org.hospes.nowhere..");

  @ArchTest static final ArchRule canl = HouseRules.canlOnlyInTrustPath();
  @ArchTest static final ArchRule libvirt = HouseRules.libvirtOnlyInNodeLibvirt();

  @ArchTest
  static final ArchRule persistence = HouseRules.objectRelationalMappingOnlyInPersistence();

  @ArchTest static final ArchRule signatures = HouseRules.rawSignaturesOnlyWhereTheyBelong();
  @ArchTest static final ArchRule statics = HouseRules.noStaticsThatRemember();
  @ArchTest static final ArchRule logging = HouseRules.oneLoggingApi();
  @ArchTest static final ArchRule names = HouseRules.namesThatSaySomething();
}
