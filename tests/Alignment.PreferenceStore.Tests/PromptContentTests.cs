using Alignment.PreferenceStore.Prompts;

namespace Alignment.PreferenceStore.Tests;

public sealed class PromptContentTests
{
    [Theory]
    [InlineData("\"Hello  World \"", "\"hello world\"")]
    [InlineData("\"hello world\"", "[{\"role\":\"user\",\"content\":\"Hello\\nworld\"}]")]
    [InlineData("\"\\uff28ello world\"", "\"hello world\"")]
    public void GroupOf_SameQuestion_IsOneGroup(string first, string second) => Assert.Equal(PromptContent.GroupOf(first), PromptContent.GroupOf(second));

    [Fact]
    public void GroupOf_OtherSystemTurn_IsAnotherGroup() => Assert.NotEqual(PromptContent.GroupOf("\"hi\""), PromptContent.GroupOf("[{\"role\":\"system\",\"content\":\"x\"},{\"role\":\"user\",\"content\":\"hi\"}]"));

    // sha256sum of the bytes "hello world"
    [Fact]
    public void GroupOf_PlainText_IsSha256OfNormalisedText() => Assert.Equal("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", PromptContent.GroupOf("\"Hello World\""));

    [Theory]
    [InlineData("3")]
    [InlineData("[{\"role\":\"user\"}]")]
    [InlineData("[1]")]
    public void Turns_OtherShapes_AreRefused(string json) => Assert.Throws<FormatException>(() => PromptContent.Turns(json));
}
