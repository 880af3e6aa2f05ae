using Alignment.ModelCore.Configuration;
using Alignment.SupervisedFineTuning.Recipes;
using Alignment.SupervisedFineTuning.Recipes.Meta;
using Alignment.Suite.Commands;
using Alignment.Suite.Commands.Bench.Methods;
using Alignment.Suite.Commands.Bench.Peft;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Tests.Commands.Bench;

public sealed class SampleSettingsTests
{
    public static TheoryData<string> Meta() => new(Directory.GetFiles(Path.Combine(BenchPaths.Sample, "meta"), "*.yaml").Select(f => Path.GetFileName(f)));

    [Fact]
    public void Peft_EveryTuningMethod_HasAFileThatIsAccepted()
    {
        var methods = PeftTable.Methods.Select(name => OptionBinder.Bind<SftOptions>(JobFile.Read(Path.Combine(BenchPaths.Sample, "peft", name + ".yaml"), ["model=m", "data=d"])).Tuning.Method);
        Assert.Equal(["bottleneck", "dora", "freeze", "full", "ia3", "lora", "p_tuning", "prefix", "prompt", "rslora"], methods.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Meta))]
    public void Meta_EveryFile_IsAcceptedAndNamesFilesThatExist(string file)
    {
        var options = OptionBinder.Bind<MetaOptions>(JobFile.Read(Path.Combine(BenchPaths.Sample, "meta", file), ["model=m"]));
        Assert.All(options.Data, path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path));
    }
}
