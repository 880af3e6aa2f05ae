namespace Alignment.Text.Tokenization.PostProcessors;

/// <summary>BERT's <c>[CLS] A [SEP] B [SEP]</c> and RoBERTa's <c>&lt;s&gt; A &lt;/s&gt; &lt;/s&gt; B &lt;/s&gt;</c>.</summary>
internal sealed class PairPostProcessor(string cls, int clsId, string sep, int sepId, bool roberta, bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    public int AddedTokens(bool pair) => pair ? roberta ? 4 : 3 : 2;

    public List<TokenizedText> Process(List<TokenizedText> texts, bool addSpecialTokens)
    {
        if (roberta)
        {
            foreach (var text in texts)
            {
                if (trimOffsets)
                {
                    ByteLevelPostProcessor.TrimAll(text, addPrefixSpace);
                }

                text.SetTypeId(0);
            }
        }

        return addSpecialTokens ? [.. texts.Select((t, i) => Wrap(t, i))] : texts;
    }

    private TokenizedText Wrap(TokenizedText text, int sequence)
    {
        var windows = text.Overflowing.Select(w => Surround(w, sequence)).ToList();
        var result = Surround(text.Window(0, text.Length), sequence);
        result.Overflowing = windows;
        return result;
    }

    private TokenizedText Surround(TokenizedText text, int sequence)
    {
        if (roberta)
        {
            text.SetTypeId(0);
        }

        var closing = TokenizedText.Special([sepId], [sep], roberta ? 0 : sequence);
        text.Ranges.Clear();
        text.Ranges[sequence] = (0, text.Length);
        var body = text.Append(closing);
        return sequence == 0 ? TokenizedText.Special([clsId], [cls], 0).Append(body)
            : roberta ? TokenizedText.Special([sepId], [sep], 0).Append(body)
            : body;
    }
}
