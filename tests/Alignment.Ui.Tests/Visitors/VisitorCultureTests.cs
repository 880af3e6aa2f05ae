using Alignment.Ui.Visitors;

namespace Alignment.Ui.Tests.Visitors;

public sealed class VisitorCultureTests
{
    [Theory]
    [InlineData(null, "", "en")]
    [InlineData(null, "pt-PT,en;q=0.8", "pt-BR")]
    [InlineData(null, "en;q=0.5, pt;q=0.9", "pt-BR")]
    [InlineData(null, "de, fr;q=0.9", "en")]
    [InlineData(null, "de, en-US;q=0.7, pt;q=0.3", "en")]
    [InlineData("pt-BR", "en", "pt-BR")]
    [InlineData("xx", "pt", "pt-BR")]
    public void Choose_VisitorThenBrowserThenEnglish(string? chosen, string accept, string expected) => Assert.Equal(expected, VisitorCulture.Choose(chosen, accept));
}
