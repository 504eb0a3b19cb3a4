// Chooses a language of the page in each frame, looks at it, and writes down what it finds as JSON.
addEventListener('load', () => {
  const found = [...document.querySelectorAll('iframe')].map(frame => {
    const page = frame.contentDocument;
    page.querySelector('button[data-lang="LANG"]').click();
    const charts = [...page.querySelectorAll('figure svg.chart')].map(svg => {
      const box = svg.getBoundingClientRect();
      const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
      const outside = texts.filter(([, at]) => at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1);
      const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
      const covered = texts.filter(([, a], i) => texts.slice(i + 1).some(([, b]) => over(a, b)));
      return {
        title: svg.querySelector('title').textContent,
        width: box.width,
        height: box.height,
        drawn: svg.querySelectorAll('polyline, polygon, rect').length,
        letters: Math.min(...[...svg.querySelectorAll('text')].map(t => parseFloat(page.defaultView.getComputedStyle(t).fontSize) * box.width / svg.viewBox.baseVal.width)),
        outside: outside.map(([text]) => text),
        covered: covered.map(([text]) => text),
        color: page.defaultView.getComputedStyle(svg.querySelector('text')).fill,
      };
    });
    return {
      lang: page.documentElement.lang,
      width: page.documentElement.clientWidth,
      needed: page.documentElement.scrollWidth,
      wide: [...page.querySelectorAll('body *')].filter(one => !one.closest('.scroll') && one.getBoundingClientRect().right > page.documentElement.clientWidth + 1).map(one => one.outerHTML.slice(0, 80)).slice(0, 5),
      words: page.body.innerText,
      background: page.defaultView.getComputedStyle(page.body).backgroundColor,
      charts,
    };
  });
  const out = document.createElement('pre');
  out.id = 'probe';
  out.textContent = JSON.stringify(found);
  document.body.replaceChildren(out);
});
