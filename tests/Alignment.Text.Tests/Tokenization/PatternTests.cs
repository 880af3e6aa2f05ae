using Alignment.Text.Tokenization;
using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tests.Tokenization;

public class PatternTests
{
    // Expected matches are read off Oniguruma's documented rules (Ruby syntax).
    [Theory]
    [InlineData(@"\p{L}+", "ab 𝒜𝒷 é", "ab|𝒜𝒷|é")]
    [InlineData(@"[^\s\p{L}]+", "a👩🏽b", "👩🏽")]
    [InlineData(@"\s+(?!\S)|\s+", "a   b", "  | ")]
    [InlineData(@"(?i:'s|'ll)", "it'S we'Ll", "'S|'Ll")]
    [InlineData(@"\p{N}{1,3}", "12345", "123|45")]
    [InlineData(@"\p{Lu}\p{Ll}*+", "AbCd", "Ab|Cd")]
    [InlineData(@"a*?b", "aab b", "aab|b")]
    [InlineData(@"(?<=x)y|(?<!x)z", "xy z xz", "y|z")]
    [InlineData(@"(?>a+)b|a", "aaa", "a|a|a")]
    [InlineData(@"(ab)+c", "ababc ab", "ababc")]
    [InlineData(@"(?:a|ab)(?:c|bcd)", "abcd", "abcd")]
    [InlineData(@"[a-c&&[^b]]+", "abc", "a|c")]
    [InlineData(@"[[:digit:]]+|[^\W\d]+", "ab12", "ab|12")]
    [InlineData(@"\p{Han}+|\p{^Han}+", "漢字kana", "漢字|kana")]
    [InlineData(@"x{2}?", "axx", "|xx")]
    [InlineData(@"^a$", "a\na", "a|a")]
    [InlineData(@"\bfoo\b", "foo food", "foo")]
    [InlineData(@"(a|b)*?c", "abac", "abac")]
    public void FindAll_Pattern_Matches(string pattern, string text, string expected)
    {
        var points = CodePoints.Of(text);
        var matches = new List<(int Start, int End)>();
        Pattern.Parse(pattern).FindAll(points, matches);
        Assert.Equal(expected, string.Join('|', matches.Select(m => CodePoints.ToText(points.AsSpan(m.Start, m.End - m.Start)))));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData(@"\1")]
    [InlineData(@"\p{Klingon}")]
    [InlineData("(?<=a*)b")]
    [InlineData("[z-a]")]
    public void Parse_Broken_Throws(string pattern) => Assert.Throws<TokenizerException>(() => Pattern.Parse(pattern));

    [Fact]
    public void FindAll_ExponentialPattern_StopsWithAnError()
    {
        // Without a bound it would take longer than the universe is old.
        var text = CodePoints.Of(new string('a', 5000) + "!");
        Assert.Throws<TokenizerException>(() => Pattern.Parse("(a+)+$").FindAll(text, []));
    }

    [Fact]
    public void FindAll_MillionBlanks_NeedsNoDeepStack()
    {
        var text = CodePoints.Of(new string(' ', 1_000_000));
        var matches = new List<(int Start, int End)>();
        Pattern.Parse(@"\s*[\r\n]+|\s+(?!\S)|\s+").FindAll(text, matches);
        Assert.Equal([(0, 1_000_000)], matches);
    }
}
