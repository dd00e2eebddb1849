/* Language switch, contents, and the panel of a pressed number. The page reads without it. */
(function () {
  'use strict';
  var root = document.documentElement;
  var data = JSON.parse(document.getElementById('ledger-data').textContent);
  var titles = JSON.parse(document.getElementById('titles').textContent);
  var dialog = document.getElementById('ledger');
  var WORDS = {
    zh: {
      step: '步骤', method: '方法', table: '结果表', row: '行', column: '列', params: '参数',
      hash: '结果哈希', panel: '面板指纹', definition: '定义', cells: '原始单元格',
      all: '共 {b} 格', some: '共 {b} 格，列出 {a} 格：每个序列最后一期的几格', none: '这个数字不直接取自单元格。', series: '序列',
      entity: '地区', period: '时期', value: '值', unit: '单位', status: '状态',
      publisher: '发布机构', licence: '许可', address: '地址', place: '所在',
      statuses: { observed: '公布值', revised: '修订值', estimated: '估算值',
        interpolated: '插值', imputed: '填补值', absent: '缺' }
    },
    en: {
      step: 'Step', method: 'Method', table: 'Table', row: 'Row', column: 'Column',
      params: 'Parameters', hash: 'Result hash', panel: 'Panel fingerprint',
      definition: 'Definition', cells: 'Source cells', all: '{b} cells',
      some: '{a} of {b} cells: some of each series in the last period',
      none: 'This number is not read from single cells.', series: 'Series', entity: 'Entity',
      period: 'Period', value: 'Value', unit: 'Unit', status: 'Status', publisher: 'Publisher',
      licence: 'Licence', address: 'Address', place: 'Place',
      statuses: {}
    }
  };

  function lang() { return root.dataset.lang; }
  function word(code) {
    var pair = data.words[code];
    return pair ? pair[lang() === 'zh' ? 0 : 1] : String(code);
  }
  function unit(symbol) { return data.words['unit:' + symbol] ? word('unit:' + symbol) : symbol; }
  function make(tag, text, style) {
    var element = document.createElement(tag);
    if (text !== undefined && text !== null) { element.textContent = text; }
    if (style) { element.className = style; }
    return element;
  }
  function number(value) {
    if (value === null) { return '—'; }
    if (typeof value !== 'number') { return String(value); }
    return (Number.isInteger(value) ? String(value) : String(+value.toPrecision(10)))
      .replace('-', '\u2212');
  }

  /* language: kept in the address, so that a link and a print carry it */
  function speak(next) {
    var place = location.hash.replace(/^#(zh|en)?:?/, '');
    root.dataset.lang = next;
    root.lang = next === 'zh' ? 'zh-CN' : 'en';
    document.title = titles[next];
    history.replaceState(null, '', '#' + next + (place ? ':' + place : ''));
    document.querySelectorAll('[data-set]').forEach(function (button) {
      button.setAttribute('aria-pressed', String(button.dataset.set === next));
    });
  }
  function go(id) {
    var target = document.getElementById(id);
    if (!target) { return; }
    target.scrollIntoView();
    history.replaceState(null, '', '#' + lang() + (id === 'top' ? '' : ':' + id));
  }
  document.querySelectorAll('[data-set]').forEach(function (button) {
    button.addEventListener('click', function () { speak(button.dataset.set); });
  });
  document.addEventListener('click', function (event) {
    var link = event.target.closest('a[href^="#"]');
    if (link) { event.preventDefault(); go(link.getAttribute('href').slice(1)); }
  });
  var asked = /^#(?:(zh|en)\b:?)?(.*)$/.exec(location.hash || '#');
  speak(asked[1] || lang());
  if (asked[2]) { go(asked[2]); }

  /* contents: where the reader is */
  var links = document.querySelectorAll('nav a[href^="#"]');
  if ('IntersectionObserver' in window) {
    var watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) { return; }
        links.forEach(function (link) {
          if (link.getAttribute('href') === '#' + entry.target.id) {
            link.setAttribute('aria-current', 'true');
          } else { link.removeAttribute('aria-current'); }
        });
      });
    }, { rootMargin: '-20% 0px -70% 0px' });
    document.querySelectorAll('.sections section').forEach(function (s) { watch.observe(s); });
  }

  /* the panel */
  function facts(rows) {
    var list = make('dl', null, 'facts');
    rows.forEach(function (row) {
      var line = make('div');
      line.append(make('dt', row[0]), make('dd', row[1]));
      list.append(line);
    });
    return list;
  }
  function key(pairs) {
    return pairs.map(function (p) { return word(p[0]) + ' ' + word(p[1]); }).join(' · ') || '—';
  }
  function parameters(params) {
    return Object.keys(params).filter(function (name) {
      return params[name] !== null;
    }).map(function (name) {
      var value = params[name];
      if (Array.isArray(value) && value.length > 4) { value = '[' + value.length + ']'; }
      return name + ' = ' + (typeof value === 'string' ? value : JSON.stringify(value));
    }).join('; ') || '—';
  }
  function cells(set, say) {
    var box = make('div', null, 'scroll');
    var table = make('table');
    var head = make('tr');
    var columns = ['series', 'entity', 'period', 'value', 'unit', 'status', 'publisher', 'licence'];
    columns.forEach(function (c) { head.append(make('th', say[c], c === 'value' ? 'd' : 's')); });
    var thead = make('thead');
    thead.append(head);
    var body = make('tbody');
    set[1].forEach(function (at) {
      var cell = data.cells[at];
      var info = data.series[cell[0]];
      var row = make('tr');
      var status = say.statuses[cell[4]] || cell[4];
      row.title = cell[5];
      [word(cell[0]), word(cell[1]), cell[2], number(cell[3]), unit(info[0]), status, info[1], info[2]]
        .forEach(function (text, i) { row.append(make('td', text, i === 3 ? 'd' : 's')); });
      body.append(row);
    });
    table.append(thead, body);
    box.tabIndex = 0;
    box.append(table);
    return box;
  }
  function definitions(places, say) {
    var all = [];
    places.forEach(function (at) {
      all.push(make('p', word(data.trees[at][0]), 'of'), make('pre', data.trees[at][1]));
    });
    if (places.length < 4) { return [make('h3', say.definition)].concat(all); }
    var folded = make('details');
    folded.append.apply(folded, [make('summary', say.definition + ' (' + places.length + ')')]
      .concat(all));
    return [folded];
  }
  function show(address) {
    var entry = data.n[address];
    if (!entry) { return; }
    var say = WORDS[lang()];
    var step = data.steps[entry[0]];
    var set = data.sets[entry[5]];
    var where = entry[2].map(function (p) { return word(p[1]); });
    var title = make('h2', [word(entry[3])].concat(where).join(' · '));
    title.id = 'ledger-title';
    var parts = [
      title,
      make('p', number(entry[4]), 'value'),
      facts([
        [say.step, entry[0] + (step.method ? ' · ' + step.method : '')],
        [say.table, entry[1]],
        [say.row, key(entry[2])],
        [say.column, word(entry[3]) + ' (' + entry[3] + ')'],
        [say.params, parameters(step.params)],
        [say.hash, step.result_hash],
        [say.panel, (step.panel || '—').slice(0, 16)],
        [say.address, address]
      ])
    ];
    if (entry[6].length) { parts.push.apply(parts, definitions(entry[6], say)); }
    parts.push(make('h3', say.cells));
    if (set[1].length) {
      var some = (set[1].length < set[0] ? say.some : say.all);
      parts.push(make('p', some.replace('{a}', set[1].length).replace('{b}', set[0])));
      parts.push(cells(set, say));
    } else {
      parts.push(make('p', say.none));
    }
    var content = dialog.querySelector('.content');
    content.replaceChildren.apply(content, parts);
    dialog.showModal();
    content.scrollTop = 0;
  }
  document.addEventListener('click', function (event) {
    var pressed = event.target.closest('[data-n]');
    if (pressed) { show(pressed.dataset.n); }
    if (event.target === dialog) { dialog.close(); }
  });
}());
