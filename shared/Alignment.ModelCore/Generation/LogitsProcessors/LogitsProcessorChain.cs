namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>The processors that a configuration asks for, in the order of transformers 5.</summary>
public static class LogitsProcessorChain
{
    /// <param name="promptWidth">Padded prompt length; matters to <c>max_length</c> (forced EOS) only.</param>
    public static IReadOnlyList<ILogitsProcessor> Build(GenerationOptions o, int promptWidth)
    {
        var list = new List<ILogitsProcessor>();
        void Add(bool wanted, Func<ILogitsProcessor> make)
        {
            if (wanted)
            {
                list.Add(make());
            }
        }

        var ends = o.EosTokenIds;
        Add(o.SequenceBias.Count > 0, () => new SequenceBias(o.SequenceBias));
        Add(o.RepetitionPenalty != 1, () => new RepetitionPenalty(o.RepetitionPenalty));
        Add(o.NoRepeatNGramSize > 0, () => new NoRepeatNGram(o.NoRepeatNGramSize));
        Add(o.BadWords.Count > 0, () => SequenceBias.BadWords(o.BadWords, ends));
        Add(o.MinLength > 0 && ends.Count > 0, () => new MinLength(o.MinLength, ends));
        Add(o.MinNewTokens > 0 && ends.Count > 0, () => new MinNewTokens(o.MinNewTokens, ends));
        Add(o.ForcedBosTokenId is not null, () => ForcedToken.Bos(o.ForcedBosTokenId!.Value));
        Add(o.ForcedEosTokenIds.Count > 0, () => ForcedToken.Eos(o.MaxLength ?? promptWidth + o.MaxNewTokens, o.ForcedEosTokenIds));
        Add(o.RemoveInvalidValues, () => new InvalidValues());
        Add(o.ExponentialDecay is not null, () => new ExponentialDecay(o.ExponentialDecay!.Value.Start, o.ExponentialDecay.Value.Factor, ends));
        Add(o.SuppressTokens.Count > 0, () => new SuppressTokens(o.SuppressTokens));
        Add(o.BeginSuppressTokens.Count > 0, () => new SuppressTokens(o.BeginSuppressTokens, onlyFirst: true));
        if (o.Sample)
        {
            // Under beams the warpers must leave enough candidates for every end token and one more.
            var keep = o.Beams > 1 ? Math.Max(2, 1 + ends.Count) : 1;
            Add(o.Temperature != 1, () => new TemperatureWarper(o.Temperature));
            Add(o.TopK > 0, () => new TopKWarper(o.TopK, keep));
            Add(o.TopP < 1, () => new TopPWarper(o.TopP, keep));
            Add(o.MinP > 0, () => new MinPWarper(o.MinP, keep));
            Add(o.TypicalP < 1, () => new TypicalWarper(o.TypicalP, keep));
            Add(o.EpsilonCutoff is > 0 and < 1, () => new EpsilonWarper(o.EpsilonCutoff, keep));
            Add(o.EtaCutoff is > 0 and < 1, () => new EtaWarper(o.EtaCutoff, keep));
        }

        Add(o.Renormalize, () => new LogitNormalization());
        return list;
    }
}
