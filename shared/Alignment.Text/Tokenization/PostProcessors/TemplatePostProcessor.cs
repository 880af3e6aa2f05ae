namespace Alignment.Text.Tokenization.PostProcessors;

/// <summary>One element of a template: text A or B, or special tokens.</summary>
internal sealed record TemplatePiece(int Sequence, int TypeId, int[]? SpecialIds, string[]? SpecialTokens);

/// <summary>Special tokens by template, one for single texts, one for pairs.</summary>
internal sealed class TemplatePostProcessor(IReadOnlyList<TemplatePiece> single, IReadOnlyList<TemplatePiece> pair) : IPostProcessor
{
    public int AddedTokens(bool isPair) => (isPair ? pair : single).Sum(p => p.SpecialIds?.Length ?? 0);

    public List<TokenizedText> Process(List<TokenizedText> texts, bool addSpecialTokens)
    {
        var result = new List<TokenizedText>();
        foreach (var piece in texts.Count == 2 ? pair : single)
        {
            if (piece.SpecialIds is not null)
            {
                if (addSpecialTokens)
                {
                    result.Add(TokenizedText.Special(piece.SpecialIds, piece.SpecialTokens!, piece.TypeId));
                }

                continue;
            }

            if (piece.Sequence >= texts.Count)
            {
                throw new TokenizerException("tokenizer.json: post_processor: the template for single texts uses sequence B.");
            }

            var text = texts[piece.Sequence];
            text.SetTypeId(piece.TypeId);
            text.Ranges[piece.Sequence] = (0, text.Length);
            result.Add(text.Copy());
        }

        return result;
    }
}
