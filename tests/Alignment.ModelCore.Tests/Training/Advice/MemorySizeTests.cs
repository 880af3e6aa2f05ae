using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training.Advice;

namespace Alignment.ModelCore.Tests.Training.Advice;

public sealed class MemorySizeTests
{
    [Theory]
    [InlineData("16G", 16L << 30)]
    [InlineData("16GiB", 16L << 30)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("800M", 800L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("4096", 4096)]
    public void Parse_Amount_IsBytes(string text, long bytes) => Assert.Equal(bytes, MemorySize.Parse(text));

    [Theory]
    [InlineData("lots")]
    [InlineData("-3G")]
    [InlineData("NaNG")]
    [InlineData("1e30G")]
    [InlineData("3X")]
    [InlineData("")]
    public void Parse_NoAmount_IsRefusedWithAnExample(string text) =>
        Assert.Contains("16G", Assert.Throws<OptionsException>(() => MemorySize.Parse(text)).Message, StringComparison.Ordinal);
}
