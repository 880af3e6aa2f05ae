using Alignment.ModelCore.Generation;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Tests.Generation;

public sealed class StoppableTextTests
{
    private static readonly Tokenizer Letters = Tokenizer.Load(Fixture("gpt2"));

    [Theory]
    [InlineData("one two END three", "END", "one two ")]
    [InlineData("one two EN", "END", "one two EN")]
    [InlineData("no stop here", "END", "no stop here")]
    [InlineData("ab\n\nUser: x", "\n\nUser:", "ab")]
    public void Add_StopString_IsCutAndNeverShown(string text, string stop, string expected)
    {
        var shown = new StoppableText(Letters.CreateStream(), [stop]);
        var result = string.Concat(Letters.EncodeIds(text, addSpecialTokens: false).Select(shown.Add)) + shown.End();
        Assert.Equal(expected, result);
    }

    [Fact]
    public void Add_EmojiOverSeveralTokens_IsNeverHalf()
    {
        var shown = new StoppableText(Letters.CreateStream(), []);
        var pieces = Letters.EncodeIds("olá 👩‍💻!", addSpecialTokens: false).Select(shown.Add).Append(shown.End()).ToList();
        Assert.Equal("olá 👩‍💻!", string.Concat(pieces));
        Assert.DoesNotContain(pieces, p => p.Contains('\uFFFD', StringComparison.Ordinal));
    }

    private static string Fixture(string name, [System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "golden", "F04-tokenizer", name));
}
