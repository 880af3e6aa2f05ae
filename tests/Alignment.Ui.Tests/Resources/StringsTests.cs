using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Alignment.Ui.Tests.Resources;

public sealed partial class StringsTests
{
    private static readonly string Ui = Path.Combine(Sources.Root, "ui", "Alignment.Ui");

    [Fact]
    public void Languages_Keys_AreTheSame() => Assert.Equal(Read("Strings.resx").Keys, Read("Strings.pt-BR.resx").Keys);

    [Fact]
    public void Languages_Placeholders_AreTheSame()
    {
        var portuguese = Read("Strings.pt-BR.resx");
        Assert.All(Read("Strings.resx"), e => Assert.Equal(Holes(e.Value), Holes(portuguese[e.Key])));
    }

    [Fact]
    public void Pages_Keys_Exist()
    {
        var known = Read("Strings.resx").Keys;
        var used = Sources.Of(Ui, ".razor", ".cs").SelectMany(f => Used().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToHashSet();
        Assert.NotEmpty(used);
        Assert.Empty(used.Except(known));
    }

    private static SortedDictionary<string, string> Read(string file) =>
        new(XDocument.Load(Path.Combine(Ui, "Resources", file)).Root!.Elements("data").ToDictionary(d => d.Attribute("name")!.Value, d => d.Element("value")!.Value), StringComparer.Ordinal);

    private static string Holes(string text) => string.Join(',', Hole().Matches(text).Select(m => m.Value).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Hole();

    [GeneratedRegex("""\bL\["([A-Za-z0-9_]+)["]""")]
    private static partial Regex Used();
}
