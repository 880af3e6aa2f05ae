using Alignment.Text.Tokenization.Patterns;
using Alignment.Text.Tokenization.PreTokenizers;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Builds pre-tokenizers from their JSON.</summary>
internal static class PreTokenizerFactory
{
    public static IPreTokenizer Build(Part part) => part.Type switch
    {
        "Sequence" => new SequenceSplit([.. part.Items("pretokenizers").Select(Build)]),
        "ByteLevel" => new ByteLevelSplit(part.Flag("add_prefix_space"), part.Flag("use_regex", true)),
        "Split" => new PatternSplit(NormalizerFactory.PatternOf(part), part.Choice<DelimiterBehavior>("behavior"), part.Flag("invert", false)),
        "Metaspace" => new MetaspaceSplit(part.Char("replacement"), Scheme(part), part.Flag("split", true)),
        "Whitespace" => new WordSplit(),
        "WhitespaceSplit" => new ClassSplit(CharProperties.IsSpace, DelimiterBehavior.Removed),
        "Digits" => new ClassSplit(CharProperties.IsNumber, part.Flag("individual_digits", false) ? DelimiterBehavior.Isolated : DelimiterBehavior.Contiguous),
        "Punctuation" => new ClassSplit(IsPunctuation, part.Has("behavior") ? part.Choice<DelimiterBehavior>("behavior") : DelimiterBehavior.Isolated),
        "BertPreTokenizer" => new SequenceSplit([new ClassSplit(CharProperties.IsSpace, DelimiterBehavior.Removed), new ClassSplit(IsPunctuation, DelimiterBehavior.Isolated)]),
        "CharDelimiterSplit" => Delimiter(part.Char("delimiter")),
        "UnicodeScripts" => new ScriptSplit(),
        "FixedLength" => new FixedLengthSplit(part.Number("length", 5) is > 0 and var n ? n : throw part.Error("length must be positive")),
        _ => throw part.Unsupported(),
    };

    /// <summary>The prepend scheme, or the older add_prefix_space.</summary>
    public static PrependScheme Scheme(Part part)
    {
        var scheme = part.Has("prepend_scheme") ? part.Choice<PrependScheme>("prepend_scheme") : PrependScheme.Always;
        if (!part.Flag("add_prefix_space", true))
        {
            return part.Has("prepend_scheme") && scheme != PrependScheme.Never ? throw part.Error("add_prefix_space does not agree with prepend_scheme") : PrependScheme.Never;
        }

        return scheme;
    }

    private static ClassSplit Delimiter(int delimiter) => new(c => c == delimiter, DelimiterBehavior.Removed);

    private static bool IsPunctuation(int c) => c < 128 ? c is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~') : CharProperties.IsPunctuation(c);
}
